/// A request that has come in whole.
public struct HTTPRequest: Hashable, Sendable {
    /// As it came: methods are in capitals, and case counts.
    public let method: String
    /// The path of the target as it came, with its `%`; `*` for a question about the whole server.
    public let path: String
    /// What follows the first `?` of the target, as it came; nil without one.
    public let query: String?
    public let fields: HTTPFields
    /// The body, after its chunks were put together.
    public internal(set) var body: [UInt8] = []
    /// Whether the sender speaks HTTP/1.0: it knows no chunks, and no `100 Continue`.
    public let isOld: Bool
    /// Whether the connection may go on after the answer.
    public let keepsAlive: Bool
    /// The protocols that the connection may change to, in lower case: `websocket`. Empty for nearly all requests.
    public let upgrades: [String]

    /// The values of a name in the query, with `%` and `+` decoded. A value that isn't UTF-8 is left out.
    public func queryValues(_ name: String) -> [String] {
        guard let query else { return [] }
        return query.split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard Self.decoded(parts[0], plusIsBlank: true) == name else { return nil }
            return parts.count == 2 ? Self.decoded(parts[1], plusIsBlank: true) : ""
        }
    }

    /// A part of a path or query without its `%`; nil if it isn't UTF-8, or a `%` has no two digits after it.
    public static func decoded(_ text: Substring, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}

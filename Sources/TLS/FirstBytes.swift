/// How a connection speaks, by its first three bytes.
///
/// TLS begins with a record of a handshake, of a version that begins with 3 (RFC 8446, section 5.1). Two bytes aren't
/// enough: `16 03` is also the length of a message of 5,635 bytes from a client of the original system, whose third
/// byte begins a JSON text. HTTP begins with the name of a method, in capital letters (RFC 9110, section 9.1), with
/// which no line and no length before one begins: the third byte of that would be a brace.
public enum FirstBytes: Equatable, Sendable {
    case tls
    case http
    case other
    /// Too few have come to tell.
    case undecided

    /// So many bytes tell.
    public static let needed = 3

    /// How the registered methods begin that anybody sends.
    private static let methods = ["GET", "HEA", "POS", "PUT", "DEL", "CON", "OPT", "TRA", "PAT", "QUE", "PRI"].map {
        Array($0.utf8)
    }

    public init(_ bytes: [UInt8]) {
        guard let first = bytes.first else {
            self = .undecided
            return
        }
        guard !Self.isOther(first) else {
            self = .other
            return
        }
        let begun = bytes.prefix(Self.needed)
        let isTLS = first == 0x16
        let fits =
            isTLS
            ? (begun.count < 2 || begun[1] == 0x03) && (begun.count < 3 || begun[2] <= 0x04)
            : Self.methods.contains { $0.starts(with: begun) }
        if !fits {
            self = .other
        } else if begun.count < Self.needed {
            self = .undecided
        } else {
            self = isTLS ? .tls : .http
        }
    }

    /// Whether the first byte alone tells that it is neither TLS nor HTTP: so it does for nearly all who come.
    public static func isOther(_ first: UInt8) -> Bool {
        first != 0x16 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
    }

    /// What a client that speaks TLS is told by a node without a certificate: the fatal alert `handshake_failure` (RFC
    /// 8446, section 6.2).
    public static let noTLS: [UInt8] = [21, 3, 3, 0, 2, 2, 40]
}

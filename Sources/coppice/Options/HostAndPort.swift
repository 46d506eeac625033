import ArgumentParser
import Tree
import UV

/// The text that a user gives as a host: a name, a numeric address, or either with a port.
///
///     localhost   10.0.0.1   ::1   [::1]   localhost:3780   [::1]:3780
struct HostAndPort {
    /// Without brackets.
    let host: String
    /// 1 to 65535; nil if there is none.
    let port: UInt16?

    /// - Throws: the fault, in words that continue a sentence about a flag: `takes …`.
    init(_ text: String) throws(Misunderstanding) {
        guard !text.isEmpty else { throw Misunderstanding("must not be empty") }
        var rest = text[...]
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]"), Self.isIPv6(String(rest[..<end].dropFirst())) else {
                throw Misunderstanding("takes a numeric IPv6 address in brackets, as [::1] or [::1]:3780, not \(text)")
            }
            host = String(rest[..<end].dropFirst())
            rest = rest[rest.index(after: end)...]
        } else if Self.isIPv6(text) {
            host = text
            rest = ""
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
            guard Address(host: host, port: 1).isPlausible else {
                throw Misunderstanding("takes a host, as NAME, NAME:PORT or [::1]:PORT, not \(text)")
            }
        }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0 else {
            throw Misunderstanding("takes a port of 1 to 65535 after the host and a colon, not \(text)")
        }
        self.port = port
    }

    /// The text of a flag that takes a host, and may take the port that another flag has.
    ///
    /// - Parameters:
    ///   - flag: its name, for the message to the user.
    ///   - portFlag: the flag that has the port if it doesn't stand beside the host.
    init(_ text: String, flag: String, port given: UInt16?, portFlag: String) throws {
        do { self = try HostAndPort(text) } catch { throw ValidationError("\(flag) \(error.words)") }
        if let port, let given, port != given {
            throw ValidationError("\(flag) \(text) and \(portFlag) \(given) name two ports: leave one out")
        }
    }

    /// The text of a flag that takes a host alone.
    static func host(_ text: String, flag: String, portFlag: String) throws -> String {
        let parsed = try HostAndPort(text, flag: flag, port: nil, portFlag: portFlag)
        guard parsed.port == nil else {
            throw ValidationError("\(flag) takes a host without a port, not \(text): the port is \(portFlag)")
        }
        return parsed.host
    }

    struct Misunderstanding: Error {
        let words: String

        init(_ words: String) { self.words = words }
    }

    /// Whether the host is an address in digits, and no name.
    var isNumeric: Bool { SocketAddress(numeric: host, port: 0) != nil }

    private static func isIPv6(_ text: String) -> Bool {
        SocketAddress(numeric: text, port: 0) != nil && text.contains(":")
    }
}

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

    private static let handshake: [ClosedRange<UInt8>] = [0x16...0x16, 0x03...0x03, 0x00...0x04]
    /// How the registered methods begin that anybody sends.
    private static let methods = ["GET", "HEA", "POS", "PUT", "DEL", "CON", "OPT", "TRA", "PAT", "QUE", "PRI"].map {
        $0.utf8.map { $0...$0 }
    }

    public init(_ bytes: some Collection<UInt8>) {
        func fits(_ beginning: [ClosedRange<UInt8>]) -> Bool { zip(bytes, beginning).allSatisfy { $1.contains($0) } }
        let isTLS = fits(Self.handshake)
        let isHTTP = !isTLS && Self.methods.contains(where: fits)
        if !isTLS, !isHTTP {
            self = .other
        } else if bytes.count < Self.needed {
            self = .undecided
        } else {
            self = isTLS ? .tls : .http
        }
    }

    /// What a client that speaks TLS is told by a node without a certificate: the fatal alert `handshake_failure` (RFC
    /// 8446, section 6.2).
    public static let noTLS: [UInt8] = [21, 3, 3, 0, 2, 2, 40]
}

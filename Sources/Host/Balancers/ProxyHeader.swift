import UV

/// What a balancer writes before the bytes of a connection, to say whom they come from: the header of the PROXY
/// protocol, in version 1 (a line) or 2 (binary).
///
/// ```
///   1:  PROXY TCP4 203.0.113.7 192.0.2.1 51312 3780␍␊
///   2:  signature (12) | version, command | family, protocol | length (2) | addresses | more values, skipped
/// ```
/// Source: "The PROXY protocol, versions 1 & 2", Willy Tarreau, haproxy.org. It reads what has come so far, from the
/// first byte on, and keeps nothing: half a header is read again when more has come.
package struct ProxyHeader: Equatable {
    /// Whom the connection comes from; nil for the balancer itself, which asks whether this server is there, or doesn't
    /// know or can't say it (an address of another kind than IP).
    package let client: SocketAddress?
    /// How many bytes the header has.
    package let length: Int

    package enum Reading: Equatable {
        case whole(ProxyHeader)
        /// What has come is the beginning of one.
        case incomplete
        /// It is none, for this reason.
        case malformed(String)
    }

    /// The longest line of version 1, with its end.
    static let lineBytes = 107
    /// The longest header of version 2 that is taken. The format allows 65,551 bytes, but balancers add some hundred to
    /// the addresses.
    static let limitBytes = 4096

    private static let lineStart = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    /// With the version, the family and the length.
    private static let fixedBytes = 16

    /// Whether these bytes are the beginning of a header, beyond doubt.
    package static func begins(_ bytes: RawSpan) -> Bool {
        bytes.withUnsafeBytes { $0.starts(with: lineStart) || $0.starts(with: signature) }
    }

    package static func read(_ bytes: [UInt8]) -> Reading {
        if isBeginning(bytes, of: signature) { return readBinary(bytes) }
        if isBeginning(bytes, of: lineStart) { return readLine(bytes) }
        return .malformed("it doesn't begin with one")
    }

    private static func isBeginning(_ bytes: [UInt8], of start: [UInt8]) -> Bool {
        zip(bytes, start).allSatisfy { $0 == $1 }
    }

    // MARK: Version 1

    private static func readLine(_ bytes: [UInt8]) -> Reading {
        let longest = bytes.prefix(lineBytes)
        guard let end = longest.firstIndex(of: 10) else {
            return bytes.count < lineBytes ? .incomplete : .malformed("its line is longer than \(lineBytes) bytes")
        }
        guard bytes[end - 1] == 13 else { return .malformed("its line ends without a carriage return") }
        let words = bytes[..<(end - 1)].split(separator: 32, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let length = end + 1
        switch words[1] {
        case "UNKNOWN": return .whole(ProxyHeader(client: nil, length: length))
        case "TCP4", "TCP6":
            guard words.count == 6 else { return .malformed("its line has \(words.count) words and not 6") }
            let isIPv6 = words[1] == "TCP6"
            guard let client = address(words[2], words[4], isIPv6: isIPv6),
                address(words[3], words[5], isIPv6: isIPv6) != nil
            else { return .malformed("its line has no two addresses with ports") }
            return .whole(ProxyHeader(client: client, length: length))
        default: return .malformed("its line names no kind of address: TCP4, TCP6 or UNKNOWN")
        }
    }

    private static func address(_ host: String, _ port: String, isIPv6: Bool) -> SocketAddress? {
        // An IPv4 address may be written as IPv6; an interface has no place in either.
        guard let port = UInt16(port), !host.contains("%"), host.contains(":") == isIPv6 else { return nil }
        return SocketAddress(numeric: host, port: port)
    }

    // MARK: Version 2

    private static func readBinary(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= fixedBytes else {
            if bytes.count > signature.count, bytes[12] >> 4 != 2 {
                return .malformed("it has no version that is known")
            }
            return .incomplete
        }
        guard bytes[12] >> 4 == 2 else { return .malformed("it has no version that is known") }
        let length = fixedBytes + Int(number(bytes, at: 14, bytes: 2))
        guard length <= limitBytes else { return .malformed("it is longer than \(limitBytes) bytes") }
        let isLocal: Bool
        switch bytes[12] & 15 {
        case 0: isLocal = true
        case 1: isLocal = false
        default: return .malformed("it has no command that is known")
        }
        // The upper half is the family, the lower one the protocol over it: 0 none, 1 a stream.
        let (needed, kind): (Int, UInt8) =
            switch bytes[13] {
            case _ where isLocal: (0, 0)
            case 0x00: (0, 0)
            case 0x11: (12, 4)
            case 0x21: (36, 6)
            case 0x31: (216, 0)
            default: (-1, 0)
            }
        guard needed >= 0 else { return .malformed("it is for no kind of stream that is known") }
        guard length >= fixedBytes + needed else { return .malformed("it is too short for its addresses") }
        guard bytes.count >= length else { return .incomplete }
        let client: SocketAddress? =
            switch kind {
            case 4:
                SocketAddress(
                    v4: UInt32(number(bytes, at: 16, bytes: 4)), port: UInt16(number(bytes, at: 24, bytes: 2)))
            case 6:
                SocketAddress(
                    v6: (number(bytes, at: 16, bytes: 8), number(bytes, at: 24, bytes: 8)),
                    port: UInt16(number(bytes, at: 48, bytes: 2)))
            default: nil
            }
        return .whole(ProxyHeader(client: client, length: length))
    }

    private static func number(_ bytes: [UInt8], at start: Int, bytes count: Int) -> UInt64 {
        bytes[start..<start + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

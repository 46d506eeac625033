/// The addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`, or a single one, `192.0.2.7` (RFC 4632,
/// section 3.1; RFC 4291, section 2.3).
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let first: SocketAddress
    private let bits: Int

    /// - Parameter text: a numeric address, and behind a slash how many bits count. Without them all do. Bits behind
    ///   those that count have to be zero: otherwise most likely the number is wrong.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = SocketAddress(numeric: String(parts[0]), port: 0) else { return nil }
        var bits = first.bits
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...first.bits).contains(number), "\(number)" == parts[1] else {
                return nil
            }
            bits = number
        }
        guard first.keeping(bits) == first else { return nil }
        (self.first, self.bits) = (first, bits)
    }

    public var isIPv6: Bool { first.isIPv6 }

    /// Whether all of its addresses are this machine's own.
    public var isLoopback: Bool { first.isLoopback && bits >= (isIPv6 ? 128 : 8) }

    /// The range in the part of addresses that one subscriber has (`SocketAddress.subscriber`): how it begins, and how
    /// many bits of that count.
    public var subscribers: (first: UInt64, bits: Int) { (first.subscriber, min(bits, isIPv6 ? 64 : 32)) }

    public func contains(_ address: SocketAddress) -> Bool { address.agrees(with: first, inFirst: bits) }

    public var description: String { bits == first.bits ? first.host : "\(first.host)/\(bits)" }
}

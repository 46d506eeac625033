/// The address that a connection comes from, as limits count it: an IPv4 address, or the /64 of an IPv6 address, since
/// that is what one subscriber has.
public struct PeerAddress: Hashable, Comparable, Sendable {
    public let value: UInt64
    /// This machine, which has limits of its own (`LoopbackLimits`).
    public let isLoopback: Bool

    /// - Parameter value: differs between addresses, and has no other meaning here.
    public init(_ value: UInt64, isLoopback: Bool = false) {
        self.value = value
        self.isLoopback = isLoopback
    }

    public static let loopback = PeerAddress(0, isLoopback: true)

    public static func < (a: PeerAddress, b: PeerAddress) -> Bool { a.value < b.value }
}

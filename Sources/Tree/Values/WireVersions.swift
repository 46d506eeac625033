/// The versions of the protocol between nodes that a node speaks: docs/protocol.md#versions. A link stands only between
/// nodes that have a version in common.
public struct WireVersions: Hashable, Sendable {
    /// The oldest version that the node still speaks.
    public let oldest: UInt16
    /// Not less than `oldest`.
    public let newest: UInt16

    /// What this program speaks.
    public static let current = WireVersions(oldest: 1, newest: 3)!

    /// From this version on nodes know bans, and questions about sessions.
    static let bans: UInt16 = 3

    /// Nodes of releases before 0.2.0, which say nothing of versions.
    public static let first = WireVersions(oldest: 1, newest: 1)!

    /// - Returns: nil if `oldest` is greater than `newest`.
    public init?(oldest: UInt16, newest: UInt16) {
        guard oldest <= newest else { return nil }
        self.oldest = oldest
        self.newest = newest
    }

    func haveOneInCommon(with other: WireVersions) -> Bool { oldest <= other.newest && other.oldest <= newest }
}

extension WireVersions: CustomStringConvertible {
    public var description: String { oldest == newest ? "\(newest)" : "\(oldest) to \(newest)" }
}

/// The trouble that keeps a node from the tree that it was to join, as operators are told.
public struct JoinTrouble: Hashable, Sendable {
    /// The configured parent; nil for a node that has none.
    public var parent: Address?
    /// Nil if no node has refused it.
    public var reason: Refusal.Reason?
    /// One sentence for people: what happened and what to do.
    public var info: String

    public init(parent: Address?, reason: Refusal.Reason?, info: String) {
        self.parent = parent
        self.reason = reason
        self.info = info
    }
}

/// The claim of a root: it decides which of two roots stays one when their trees meet.
///
/// The greater configured priority wins, then the older reign, then the lower id. The loser attaches below the winner;
/// nothing else about the two trees is compared.
public struct RootClaim: Hashable, Comparable, Sendable {
    public var priority: Int32
    /// When the root began to rule, in wall-clock milliseconds since 1970; nil if it never had a child.
    public var reign: UInt64?
    public var root: Contact

    public init(priority: Int32, reign: UInt64?, root: Contact) {
        self.priority = priority
        self.reign = reign
        self.root = root
    }

    /// The lesser claim loses.
    public static func < (a: RootClaim, b: RootClaim) -> Bool {
        if a.priority != b.priority { return a.priority < b.priority }
        let (aReign, bReign) = (a.reign ?? .max, b.reign ?? .max)
        if aReign != bReign { return aReign > bReign }
        return (a.root.node?.value ?? .max) > (b.root.node?.value ?? .max)
    }
}

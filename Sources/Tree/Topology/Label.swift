/// Where a node stands in the order that keeps the network a tree.
///
/// Labels compare by term, then by root, then by nearness to the root. On every edge the parent's label is the greater
/// one, at every moment and with any delay on the way, so that no cycle can close (docs/protocol.md#labels).
public struct Label: Hashable, Comparable, Sendable {
    /// Raised by roots alone.
    public var term: UInt64
    public var root: NodeID
    /// Steps to the root: 0 at the root.
    public var depth: UInt32

    public init(term: UInt64, root: NodeID, depth: UInt32) {
        self.term = term
        self.root = root
        self.depth = depth
    }

    public static func < (a: Label, b: Label) -> Bool {
        (a.term, a.root) == (b.term, b.root) ? a.depth > b.depth : (a.term, a.root) < (b.term, b.root)
    }

    /// The label of a child under a parent with this one (rule L3).
    public var ofChild: Label { Label(term: term, root: root, depth: depth + 1) }
}

/// What decides which of two roots stays one when their trees meet.
///
/// The greater configured priority wins, then the older reign, then the lower id. The one that loses attaches under
/// the other; nothing else about the two trees is compared.
public struct RootClaim: Hashable, Comparable, Sendable {
    public var priority: Int32
    /// Wall-clock milliseconds at which the root began to rule; nil for one that never had a child.
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

/// The position of a node in the order that keeps the network a tree.
///
/// Labels compare by term, then by root, then by nearness to the root. On every link the parent's label is the greater
/// one, at every moment and with any delay, so that no cycle can close (docs/protocol.md#labels).
public struct Label: Hashable, Comparable, Sendable {
    /// Only roots raise it.
    public var term: UInt64
    public var root: NodeID
    /// The number of links to the root: 0 at the root.
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

/// Where a node stands in the tree, and what it knows of the nodes around it.
struct Topology {
    /// How the node stands to the rest of the tree.
    enum Standing {
        /// Looks for its first position. Becomes attached, or root when its patience ends.
        case joining
        /// Has no parent and rules what is below. Becomes attached when it loses against another root, or leaves.
        case root
        /// Has a parent. Becomes orphan when the link is lost, root when the parent hands over.
        case attached(Link)
        /// Lost its parent, keeps its label and its branch and serves its clients. Becomes attached or root.
        case orphan
    }

    var standing: Standing
    var label: Label
    /// From the parent up to the root.
    var path: [Contact] = []
    /// When this node began to rule, in wall-clock milliseconds; nil while it doesn't.
    var reign: UInt64?
    var lastRaise: Instant?
    /// Set when something that the children have to know has changed; they are told at the turn's end.
    var positionChanged = false
    var deadpool: Deadpool
    var search: Search?
    var probing = Probing()

    init(configuration: Configuration, at now: Instant) {
        standing = configuration.parent == nil ? .root : .joining
        label = Label(term: 0, root: configuration.origin.node, depth: 0)
        deadpool = Deadpool(configuration: configuration, at: now)
    }
}

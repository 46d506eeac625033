/// Decides the position of a node in the tree: whether it rules or has a parent, its label, and the path to its root.
struct Topology {
    /// How the node stands to the rest of the tree.
    enum Standing {
        /// The node searches for its first position. Becomes attached, or root when its patience ends.
        case joining
        /// The node has no parent and rules the nodes below it. Becomes attached when it loses against another root, or
        /// leaves.
        case root
        /// The node has a parent. Becomes orphan when the link is lost, root when the parent hands over or passes its
        /// reign.
        case attached(Link)
        /// The node has lost its parent. It keeps its label and its branch, and serves its clients. Becomes attached or
        /// root.
        case orphan
    }

    /// Why a node can't stay under its parent.
    enum ParentFault {
        /// The parent stands below this node.
        case loop
        /// Below the parent this node would be too deep (rule L8).
        case tooDeep
        /// The parent's label has fallen (rule L4).
        case labelWentBack
    }

    private(set) var standing: Standing
    private(set) var label: Label
    /// From the parent up to the root.
    private(set) var path: [Contact] = []
    /// When this node began to rule, in wall-clock milliseconds since 1970; nil while it doesn't.
    private(set) var reign: UInt64?
    /// The priority that came with a reign passed to this node; nil for the node's own.
    private(set) var passedPriority: Int32?
    private var lastRaise: Instant?
    /// Whether the children have to be told something new; they are told at the end of the turn.
    private(set) var positionChanged = false
    /// The search under way; nil for none.
    private(set) var search: Search?
    // The parts below own their state, and only their methods change it. Events that concern just one of them are told
    // to it directly, without a forwarding method here.
    /// The nodes to try when the parent is lost.
    var deadpool: Deadpool
    /// Probes of other nodes.
    var probing = Probing()
    /// How this tree merges with one that its root can't reach.
    var bridging = Bridging()
    var passingLock = PassingLock()
    /// Who is left alone for a while, since links to it end badly.
    var failedLinks = FailedLinks()
    private let origin: Origin

    init(configuration: Configuration, at now: Instant) {
        origin = configuration.origin
        label = Label(term: 0, root: configuration.origin.node, depth: 0)
        deadpool = Deadpool(configuration: configuration, at: now)
        if let parent = configuration.parent {
            standing = .joining
            search = Search(
                purpose: .joining(until: now + configuration.limits.joinPatience),
                candidates: [Contact(address: parent)], at: now)
        } else {
            standing = .root
        }
    }

    // MARK: Questions

    var parent: Link? { if case .attached(let link) = standing { link } else { nil } }

    /// Whether the parent is the root.
    var isBelowRoot: Bool { path.count == 1 }

    /// Whether a node on a path is this life of a node (rule L8).
    static func isSame(_ contact: Contact, _ origin: Origin, mutation: Mutation?) -> Bool {
        contact.origin == origin || (mutation == .pathWithoutIncarnation && contact.node == origin.node)
    }

    /// This node's rank among the heirs, counted from 0. If an elder heir attached to this node before the loss was
    /// noticed here, that heir's rank counts: it doesn't rule any more, and the others would wait for it in vain. Nil
    /// if this node is no heir.
    func rankAmongHeirs(isChild: (NodeID?) -> Bool) -> Int? {
        let heirs = deadpool.position?.heirs ?? []
        guard heirs.contains(where: { $0.node == origin.node }) else { return nil }
        return heirs.firstIndex { $0.node == origin.node || isChild($0.node) }
    }

    /// Whether the root is lost, and `elder` is an older heir than the top of this branch. If this branch took `elder`
    /// in, it would no longer become root, and the top would wait for it in vain.
    func isWaitingFor(elder: NodeID, isChild: (NodeID?) -> Bool) -> Bool {
        let top = path.last?.node ?? origin.node
        guard top != label.root, let heirs = deadpool.position?.heirs,
            let rank = top == origin.node
                ? rankAmongHeirs(isChild: isChild) : heirs.firstIndex(where: { $0.node == top })
        else { return false }
        return heirs.prefix(rank).contains { $0.node == elder }
    }

    // MARK: The search for a position

    mutating func beginSearch(_ purpose: Search.Purpose, candidates: [Contact], at now: Instant) {
        search = Search(purpose: purpose, candidates: candidates, at: now)
    }

    /// - Returns: the search that has ended; nil if none was under way.
    mutating func endSearch() -> Search? {
        defer { search = nil }
        return search
    }

    // MARK: Ruling

    /// Only a node without a parent may raise its label (rule L5).
    mutating func raiseLabel(above term: UInt64) {
        precondition(parent == nil, "a node with a parent must not raise its label: \(label)")
        label = Label(term: max(term, label.term) + 1, root: origin.node, depth: 0)
        path = []
        positionChanged = true
    }

    /// A node below could not attach, because labels are too low: a root raises its label, at most once in
    /// `Limits.raisePause` (rule L7).
    mutating func raiseLabelForOthers(above term: UInt64, at now: Instant, limits: Limits) {
        guard label.term <= term else { return }
        if let lastRaise, now - lastRaise < Limits.raisePause { return }
        lastRaise = now
        raiseLabel(above: term)
    }

    /// This node rules the nodes below it from now on.
    ///
    /// - Parameter wallMilliseconds: when its reign begins, in wall-clock milliseconds since 1970.
    mutating func promoted(at wallMilliseconds: UInt64) {
        raiseLabel(above: label.term)
        standing = .root
        reign = wallMilliseconds
    }

    /// A child has come. A root's reign begins with its first child: an old root that comes back without children must
    /// not outrank the one that has ruled meanwhile.
    mutating func tookChild(at wallMilliseconds: UInt64) {
        if case .root = standing, reign == nil { reign = wallMilliseconds }
        positionChanged = true
    }

    /// The parent, which was the root, hands over. The label rises once this node has no parent any more (rule L5).
    mutating func parentHandedOver(term: UInt64) {
        standing = .root
        label.term = max(label.term, term)
    }

    /// The parent, which was the root, passes its reign. From now on this node has no parent, and raises its label
    /// (rule L5). The former root neither raises its label nor attaches elsewhere until it has the answer.
    mutating func tookReign(_ passing: ReignPassing) {
        standing = .root
        reign = passing.reign
        passedPriority = passing.priority
        raiseLabel(above: max(passing.term, label.term))
    }

    /// A twin is in this node's position: this node leaves the tree to it and searches for no other parent.
    mutating func leftTree() { standing = .root }

    // MARK: The parent

    /// A parent has taken this node.
    mutating func attached(to parent: Link, at position: TreePosition) {
        standing = .attached(parent)
        reign = nil
        passedPriority = nil
        bridging.attached()
        passingLock.attached()
        label = position.label.ofChild
        path = position.path
        positionChanged = true
    }

    mutating func lostParent() {
        standing = .orphan
        path = []
    }

    /// The parent tells its new position.
    ///
    /// - Returns: why this node can't stay under it; nil if it does.
    mutating func parentMoved(
        to position: TreePosition, at now: Instant, limits: Limits, mutation: Mutation?
    ) -> ParentFault? {
        if position.path.contains(where: { Self.isSame($0, origin, mutation: mutation) }) { return .loop }
        guard position.label.depth < limits.depth else { return .tooDeep }
        if let fault = parentShowed(position.label, mutation: mutation) { return fault }
        path = position.path
        deadpool.learn(position, at: now)
        positionChanged = true
        return nil
    }

    /// The parent shows its label, which may only raise this node's (rule L4).
    ///
    /// - Returns: why this node can't stay under it; nil if it does.
    mutating func parentShowed(_ parentLabel: Label, mutation: Mutation?) -> ParentFault? {
        let raised = parentLabel.ofChild
        if raised < label, mutation != .ancestorCheckOnly { return .labelWentBack }
        if raised != label {
            label = raised
            positionChanged = true
        }
        return nil
    }

    // MARK: Telling the children

    /// The positions of the children may have changed because of something outside of the topology: a link has come or
    /// gone, or a child has to be told again.
    mutating func notePositionChange() { positionChanged = true }

    /// The children have been told.
    mutating func positionTold() { positionChanged = false }
}

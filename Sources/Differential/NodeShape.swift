import Tree

/// What has to be true of one node whatever others say: its bounds, and the rules of labels and links that need no look
/// at another node. As `Simulator/Checks` has it of many.
struct NodeShape {
    private var label: Label?
    private var hadChildren = false

    /// - Returns: which rule is broken; nil if none is.
    mutating func fault(of node: Node) -> String? {
        var parents = 0
        var children = 0
        node.forEachLink { link in
            if link.isParent {
                parents += 1
            } else if link.origin != nil {
                children += 1
            }
        }
        defer { (label, hadChildren) = (node.currentLabel, children > 0) }
        if parents > 1 { return "\(parents) parents" }
        if node.isLockedAsChildless, children > 0 { return "a locked leaf with \(children) children" }
        if let label, hadChildren, children > 0, node.currentLabel < label {
            return "a label that went from \(label) to \(node.currentLabel)"
        }
        return faultOfBounds(of: node)
    }

    private func faultOfBounds(of node: Node) -> String? {
        let sizes = node.sizes
        let limits = node.configuration.limits
        let bounds: [(Int, Int, String)] = [
            (sizes.knownNodes, 2 * limits.knownNodes, "known nodes"),
            (sizes.links, limits.children + 2 + limits.childrenInNeed, "links"),
            (sizes.probes, limits.openProbes, "probes"), (sizes.dials, limits.parallelDials + 1, "dials"),
            (sizes.questions, limits.openQuestions, "questions"),
            (sizes.departed, limits.departedBranches, "lost branches"),
            (sizes.retrySessions, limits.retrySessions, "sessions that are remembered"),
            (sizes.unknownOrigins, limits.unknownOrigins, "unknown origins"),
            (sizes.claimsOfLink, limits.claimsPerLink, "claims by one link"),
            (sizes.listedOfLink, 2 * limits.nodesListed, "nodes listed by one link"),
        ]
        if let (size, _, what) = bounds.first(where: { $0.0 > $0.1 }) { return "\(size) \(what)" }
        return node.currentLabel.term > limits.highestTerm ? "a term of \(node.currentLabel.term)" : nil
    }
}

// The neighbours of this node, and the nodes that it reaches by them.

extension Node {
    var parentLink: Link? { topology.parent }

    var children: [Link] { links.filter { $0.role == .child && $0.isNode } }

    var hasChildren: Bool { links.contains { $0.role == .child && $0.isNode } }

    var nodeLinks: [Link] { links.filter(\.isNode) }

    /// The parent comes first, and for a root its heir: the successor has an entry before any other node
    /// (docs/protocol.md).
    var linksToFeed: [Link] {
        guard let parent = parentLink else { return links.all }
        return [parent] + links.filter { $0 !== parent }
    }

    /// The number of nodes that can be reached, this one included.
    var componentSize: Int { 1 + links.reduce(0) { $0 + Int($1.size) } }

    /// The number of nodes on this side of a link.
    func branchSize(for link: Link) -> UInt32 {
        UInt32(min(componentSize - Int(link.size), Int(limits.nodes)))
    }
}

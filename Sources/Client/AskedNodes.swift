import Tree
import Wire

/// Chooses the node that a watching program asks. It is the given node at first, and stays the same as long as it
/// answers. When a node gives no answer, the next one that is known takes its place.
struct AskedNodes {
    let given: Address
    private(set) var current: Address
    /// The nodes to ask when the current one gives no answer, in this order.
    private var others: [Address] = []
    /// Those of `others` that have not been tried since the last answer, or since this round began.
    private var untried: [Address] = []
    /// The node that was asked before the current one, and why it isn't asked any more.
    private(set) var left: (address: Address, reason: String)?

    init(_ given: Address) {
        self.given = given
        current = given
    }

    var hasOthers: Bool { !untried.isEmpty }
    /// How many nodes there are to ask, the current one included.
    var count: Int { others.count + 1 }

    /// To be called when the current node has answered. The nodes nearest to it are asked first when it dies: those
    /// above it, then its children.
    mutating func answered(_ status: TreeStatus) {
        let asked = status.asked
        let near = asked.path + asked.children + status.nodes.dropFirst().map(\.reference) + asked.deadpool
        others = []
        // The address that a node gives for itself is that of the current node, so it comes late: it works again only
        // when the node is back.
        for address in near.compactMap(\.treeAddress) + [asked.reference.treeAddress ?? current, given]
        where address != current && !others.contains(address) {
            others.append(address)
        }
        untried = others
    }

    /// To be called when the current node gives no answer, or none that helps.
    ///
    /// - Returns: whether the next node, which is the current one now, has to be asked at once. False when all have
    ///   been tried.
    mutating func failed(_ reason: String) -> Bool {
        left = (current, reason)
        guard !untried.isEmpty else {
            untried = others
            return false
        }
        let next = untried.removeFirst()
        // In the next round a node that failed comes last.
        others.removeAll { $0 == next }
        others.append(current)
        current = next
        return true
    }
}

extension TreeStatus.Reference {
    /// The address to connect to; nil if it can't be one.
    var treeAddress: Address? {
        guard let port = UInt16(exactly: port), port > 0, !host.isEmpty else { return nil }
        return Address(host: host, port: port)
    }
}

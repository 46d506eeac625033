import Tree
import Wire

/// Whom a program that watches a tree asks: the node that it was given, and when that dies the next one that it has
/// heard of. It stays with whoever answers.
struct AskedNodes {
    let given: Address
    private(set) var current: Address
    /// Those to ask when the current one dies, in this order.
    private var others: [Address] = []
    /// Those of them that have not been tried since somebody answered, or since the round began.
    private var untried: [Address] = []
    /// Who was asked before the current one, and why it no longer is.
    private(set) var left: (address: Address, reason: String)?

    init(_ given: Address) {
        self.given = given
        current = given
    }

    var hasOthers: Bool { !untried.isEmpty }
    /// The given one among them.
    var count: Int { others.count + 1 }

    /// The current one has told of the tree. The nodes nearest to it come first: those above it, then its children.
    mutating func answered(_ status: TreeStatus) {
        let asked = status.asked
        let near = asked.path + asked.children + status.nodes.dropFirst().map(\.reference) + asked.deadpool
        others = []
        // What it calls itself is the node that dies, as long as that is asked; later it may be back.
        for address in near.compactMap(\.treeAddress) + [asked.reference.treeAddress ?? current, given]
        where address != current && !others.contains(address) {
            others.append(address)
        }
        untried = others
    }

    /// The current one gives no answer, or none that helps.
    ///
    /// - Returns: whether the next one, now the current one, is to be asked at once; otherwise all have been tried.
    mutating func failed(_ reason: String) -> Bool {
        left = (current, reason)
        guard !untried.isEmpty else {
            untried = others
            return false
        }
        let next = untried.removeFirst()
        // Who failed comes last in the next round.
        others.removeAll { $0 == next }
        others.append(current)
        current = next
        return true
    }
}

extension TreeStatus.Reference {
    /// Nil for what can't be connected to.
    var treeAddress: Address? {
        guard let port = UInt16(exactly: port), port > 0, !host.isEmpty else { return nil }
        return Address(host: host, port: port)
    }
}

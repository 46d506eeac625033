/// The links of a node, in the order in which they opened. For children that is their rank as heirs.
struct LinkTable: RandomAccessCollection {
    private var links: [Link] = []
    private var byConnection: [ConnectionID: Link] = [:]
    private var lastSerial: UInt32 = 0
    private var lastAttempt = AttemptID(0)

    var startIndex: Int { 0 }
    var endIndex: Int { links.count }

    subscript(position: Int) -> Link { links[position] }

    /// Iterates over the array: the default would retain the whole table for every loop.
    func makeIterator() -> IndexingIterator<[Link]> { links.makeIterator() }

    /// All links, without a copy.
    var all: [Link] { links }

    /// The link of a connection; nil if it has none, or no longer.
    subscript(connection: ConnectionID) -> Link? { byConnection[connection] }

    /// A number for an attempt to make a link, or to probe an address.
    mutating func newAttempt() -> AttemptID {
        lastAttempt = AttemptID(lastAttempt.value + 1)
        return lastAttempt
    }

    /// A serial for a link. 0 is never used.
    mutating func newSerial() -> UInt32 {
        lastSerial += 1
        return lastSerial
    }

    mutating func add(_ link: Link) {
        links.append(link)
        byConnection[link.connection] = link
    }

    /// Gives the last link the rank of the one that it replaces.
    mutating func moveLast(to rank: Int) {
        links.insert(links.removeLast(), at: rank)
    }

    /// - Returns: false if it had been removed before.
    mutating func remove(_ link: Link) -> Bool {
        guard byConnection.removeValue(forKey: link.connection) != nil else { return false }
        links.removeAll { $0 === link }
        return true
    }

    /// A mutation: forgets the links to a node, and one connection.
    mutating func forget(_ node: NodeID, and connection: ConnectionID) {
        links.removeAll { $0.origin?.node == node }
        byConnection[connection] = nil
    }
}

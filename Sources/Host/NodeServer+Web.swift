import Tree

// What requests of HTTP need of the node.

extension NodeServer {
    /// Whether it takes clients.
    var isServing: Bool { !node.isLeaving }

    /// Whether a node of the network has this address, or had it not long ago.
    func isNode(at address: Address) -> Bool { node.contacts.contains { $0.address == address } }

    /// Ends a connection before the next turn ends: it may be in the middle of a sweep now.
    func endSoon(_ connection: Connection) {
        toEnd.append(connection)
        busyLoop?.start()
    }

    func endCalls() {
        let connections = toEnd
        toEnd.removeAll()
        for connection in connections { connection.end() }
    }
}

import Tree

// An acknowledgement is true when it is sent (P10).

extension Checks {
    /// A node acknowledges that it has stored this many of the entries that came on this connection.
    func checkAcknowledgement(_ acknowledgement: Acknowledgement, on end: End, _ host: SimulatedHost) {
        guard let node = host.node else { return }
        if acknowledgement.stored > end.entriesReadBefore { follow(host, node) }
        while end.entriesReadBefore < acknowledgement.stored {
            guard let entry = end.entriesRead.popFirst() else {
                return fail("acknowledgements are true", "h\(host.index) acknowledges what has not come")
            }
            end.entriesReadBefore += 1
            if mirrors[host.index].have[entry.origin] < entry.sequence {
                fail("acknowledgements are true", "h\(host.index) has not stored \(entry.sequence) of o\(entry.origin)")
            }
        }
    }

    /// A node has all entries that it says it has.
    func checkVector(_ vector: VersionVector, _ host: SimulatedHost) {
        guard let node = host.node else { return }
        follow(host, node)
        for component in vector.components {
            let number = world.registry.number(of: component.origin)
            if mirrors[host.index].have[number] < component.sequence {
                fail("acknowledgements are true", "h\(host.index) doesn't have \(component.sequence) of o\(number)")
            }
        }
    }
}

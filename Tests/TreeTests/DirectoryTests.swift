import Testing

@testable import Tree

@Suite struct `The servers that are known` {
    private let one = ConnectionID(1)
    private let two = ConnectionID(2)

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    private func announcement(_ node: UInt64, load: Int, count: UInt64 = 1) -> Announcement {
        Announcement(
            id: "", node: NodeID(node), address: Address(host: "n", port: UInt16(node)), load: load,
            version: .init(incarnation: Incarnation(1), count: count))
    }

    private func nodes(_ announcements: [Announcement]) -> [UInt64] { announcements.compactMap { $0.node?.value } }

    @Test func `hear of this node under counts that rise`() {
        var directory = Directory()
        let origin = Origin(node: NodeID(9), incarnation: Incarnation(4))
        let first = directory.announce(origin, at: Address(host: "me", port: 1), load: 3)
        let second = directory.announce(origin, at: Address(host: "me", port: 1), load: 5)
        #expect(first.version! < second.version!)
        #expect(first.version?.incarnation == Incarnation(4))
        #expect(first.load == 3)
        #expect(second.load == 5)
    }

    @Test func `are told by loads, the least one first, and not where they came from`() {
        var directory = Directory()
        for (node, load, link) in [(1, 30, one), (2, 10, two), (3, 20, one)] {
            #expect(directory.learn(announcement(UInt64(node), load: load), by: link, at: at(0)) == true)
        }
        #expect(nodes(directory.leastLoaded(limit: 9, notBy: ConnectionID(3))) == [2, 3, 1])
        #expect(nodes(directory.leastLoaded(limit: 9, notBy: two)) == [3, 1])
        #expect(nodes(directory.leastLoaded(limit: 1, notBy: two)) == [3])
        #expect(directory.isAmongLeastLoaded(NodeID(3), limit: 1, notBy: two))
        #expect(!directory.isAmongLeastLoaded(NodeID(1), limit: 1, notBy: two))
    }

    @Test func `are known by their latest announcement`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 30, count: 2), by: one, at: at(0))
        _ = directory.learn(announcement(2, load: 20), by: one, at: at(0))
        #expect(directory.learn(announcement(1, load: 1, count: 1), by: two, at: at(1)) == false)
        #expect(directory.learn(announcement(1, load: 10, count: 3), by: two, at: at(1)) == true)
        #expect(directory.link(to: NodeID(1)) == two)
        #expect(nodes(directory.leastLoaded(limit: 9, notBy: ConnectionID(3))) == [1, 2])
    }

    @Test func `are forgotten with the link that they came by, and when they are silent`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 1), by: one, at: at(0))
        _ = directory.learn(announcement(2, load: 2), by: two, at: at(0))
        _ = directory.learn(announcement(3, load: 3), by: two, at: at(50))
        directory.forget(one)
        #expect(directory.link(to: NodeID(1)) == nil)
        directory.forget(olderThan: at(50))
        #expect(nodes(directory.leastLoaded(limit: 9, notBy: one)) == [3])
        #expect(directory.hasHeard(of: NodeID(3), since: at(50)))
        #expect(!directory.hasHeard(of: NodeID(3), since: at(51)))
    }

    @Test func `count the clients that were sent there until they announce themselves`() {
        var directory = Directory()
        let target = announcement(1, load: 1)
        _ = directory.learn(target, by: one, at: at(0))
        directory.countSent(to: target)
        #expect(directory.eligible(atMost: 1, for: "anna").isEmpty)
        #expect(directory.eligible(atMost: 2, for: "anna").count == 1)
        _ = directory.learn(announcement(1, load: 1, count: 2), by: one, at: at(1))
        #expect(directory.eligible(atMost: 1, for: "anna").count == 1)
    }

    @Test func `send nobody on who was just sent here`() {
        var directory = Directory()
        directory.expect("anna", until: at(100), limit: 2, at: at(0))
        #expect(directory.takeArrival("ben", at: at(1)) == false)
        #expect(directory.takeArrival("anna", at: at(1)) == true)
        #expect(directory.takeArrival("anna", at: at(1)) == false)
        for name in ["anna", "ben", "carla"] { directory.expect(name, until: at(100), limit: 2, at: at(0)) }
        #expect(directory.arrivalCount == 2)
        #expect(directory.takeArrival("carla", at: at(101)) == false)
    }
}

import Testing

@testable import Tree

@Suite struct `The servers that are known` {
    private let one = ConnectionID(1)
    private let two = ConnectionID(2)

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    private func announcement(
        _ node: UInt64, load: Int, room: Int? = nil, incarnation: UInt64 = 1, count: UInt64 = 1,
        withdrawal: Announcement.Withdrawal? = nil
    ) -> Announcement {
        Announcement(
            id: "", node: NodeID(node), address: Address(host: "n", port: UInt16(node)), load: load, room: room,
            version: .init(incarnation: Incarnation(incarnation), count: count), withdrawal: withdrawal)
    }

    private func port(_ node: UInt64) -> Address { Address(host: "n", port: UInt16(node)) }

    private func nodes(_ announcements: [Announcement]) -> [UInt64] { announcements.compactMap { $0.node?.value } }

    @Test func `hear of this node under counts that rise`() {
        var directory = Directory()
        let origin = Origin(node: NodeID(9), incarnation: Incarnation(4))
        let first = directory.announce(origin, at: Address(host: "me", port: 1), .init(load: 3))
        let second = directory.announce(origin, at: Address(host: "me", port: 1), .init(load: 5, room: 2))
        #expect(first.version! < second.version!)
        #expect(first.version?.incarnation == Incarnation(4))
        #expect(first.load == 3)
        #expect(second.load == 5)
        #expect(second.room == 2)
        let last = directory.announce(
            origin, at: Address(host: "me", port: 1), .init(load: 5, room: 2, isLeaving: true))
        #expect(last.withdrawal == .leaving)
        #expect(last.room == 0)
    }

    @Test func `are told by loads, the least one first, and not where they came from`() {
        var directory = Directory()
        for (node, load, link) in [(1, 30, one), (2, 10, two), (3, 20, one)] {
            #expect(directory.learn(announcement(UInt64(node), load: load), by: link, at: at(0)) == true)
        }
        #expect(nodes(directory.best(limit: 9, notBy: ConnectionID(3))) == [2, 3, 1])
        #expect(nodes(directory.best(limit: 9, notBy: two)) == [3, 1])
        #expect(nodes(directory.best(limit: 1, notBy: two)) == [3])
        #expect(directory.isAmongBest(NodeID(3), limit: 1, notBy: two))
        #expect(!directory.isAmongBest(NodeID(1), limit: 1, notBy: two))
    }

    @Test func `are known by their latest announcement`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 30, count: 2), by: one, at: at(0))
        _ = directory.learn(announcement(2, load: 20), by: one, at: at(0))
        #expect(directory.learn(announcement(1, load: 1, count: 1), by: two, at: at(1)) == false)
        #expect(directory.learn(announcement(1, load: 10, count: 3), by: two, at: at(1)) == true)
        #expect(directory.link(to: NodeID(1)) == two)
        #expect(nodes(directory.best(limit: 9, notBy: ConnectionID(3))) == [1, 2])
    }

    @Test func `are forgotten with the link that they came by, and when they are silent`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 1), by: one, at: at(0))
        _ = directory.learn(announcement(2, load: 2), by: two, at: at(0))
        _ = directory.learn(announcement(3, load: 3), by: two, at: at(50))
        #expect(nodes(directory.forget(one)) == [1])
        #expect(directory.link(to: NodeID(1)) == nil)
        #expect(nodes(directory.forget(olderThan: at(50)).map(\.announcement)) == [2])
        #expect(nodes(directory.best(limit: 9, notBy: one)) == [3])
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

    @Test func `have room, or nobody is sent there`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 1, room: 0), by: one, at: at(0))
        let two = announcement(2, load: 5, room: 2)
        _ = directory.learn(two, by: one, at: at(0))
        _ = directory.learn(announcement(3, load: 9), by: one, at: at(0))
        #expect(nodes(directory.eligible(atMost: 100, for: "anna").map(\.announcement)) == [2, 3])
        #expect(nodes(directory.best(limit: 9, notBy: ConnectionID(3))) == [2, 3, 1])
        #expect(directory.addresses(limit: 9) == [port(2), port(3), port(1)])
        #expect(directory.addresses(limit: 9, withRoom: true) == [port(2), port(3)])
        for _ in 0..<2 { directory.countSent(to: two) }
        #expect(nodes(directory.eligible(atMost: 100, for: "anna").map(\.announcement)) == [3])
        #expect(directory.addresses(limit: 9, withRoom: true) == [port(3)])
        // It has room again.
        _ = directory.learn(announcement(1, load: 1, room: 1, count: 2), by: one, at: at(1))
        #expect(directory.addresses(limit: 1, withRoom: true) == [port(1)])
    }

    @Test func `are gone when they say that they leave, and nothing older brings them back`() {
        var directory = Directory()
        _ = directory.learn(announcement(1, load: 1, count: 4), by: one, at: at(0))
        let leaving = announcement(1, load: 0, room: 0, count: 6, withdrawal: .leaving)
        #expect(directory.learn(leaving, by: two, at: at(1)) == true)
        #expect(directory.addresses(limit: 9).isEmpty)
        #expect(directory.eligible(atMost: 100, for: "anna").isEmpty)
        #expect(directory.best(limit: 9, notBy: ConnectionID(3)).isEmpty)
        #expect(!directory.hasHeard(of: NodeID(1), since: at(0)))
        #expect(directory.contact(of: NodeID(1), since: at(0)) == nil)
        // What was announced before is still on its way, by both links.
        #expect(directory.learn(announcement(1, load: 1, count: 5), by: one, at: at(2)) == false)
        #expect(directory.learn(leaving, by: one, at: at(2)) == false)
        // The link goes, too: that it leaves stays known. Its next life is somebody new.
        #expect(directory.forget(two) == [])
        #expect(directory.learn(announcement(1, load: 1, count: 5), by: one, at: at(3)) == false)
        #expect(directory.learn(announcement(1, load: 0, incarnation: 2), by: one, at: at(4)) == true)
        #expect(directory.addresses(limit: 9) == [port(1)])
    }

    @Test func `are lost with the way to them, and found again by another`() {
        var directory = Directory()
        let known = announcement(1, load: 1, count: 4)
        _ = directory.learn(known, by: one, at: at(0))
        // Whoever lost it isn't on the way to it.
        #expect(directory.lost(announcement(1, load: 1, count: 4, withdrawal: .lost), by: two) == false)
        // It announced itself anew before the loss, so the way that was lost is an older one.
        #expect(directory.lost(announcement(1, load: 1, count: 3, withdrawal: .lost), by: one) == false)
        #expect(directory.addresses(limit: 9) == [port(1)])
        #expect(directory.lost(announcement(1, load: 1, count: 4, withdrawal: .lost), by: one) == true)
        #expect(directory.lost(announcement(1, load: 1, count: 4, withdrawal: .lost), by: one) == false)
        #expect(directory.addresses(limit: 9).isEmpty)
        // It, or whoever is on the way to it, has attached itself elsewhere, and it has said nothing since.
        #expect(directory.learn(known, by: two, at: at(1)) == true)
        #expect(directory.link(to: NodeID(1)) == two)
    }

    @Test func `have moved when what is known of them comes another way`() {
        var directory = Directory()
        let known = announcement(1, load: 1, count: 4)
        _ = directory.learn(known, by: one, at: at(0))
        directory.countSent(to: known)
        #expect(directory.learn(known, by: two, at: at(1)) == true)
        #expect(directory.learn(known, by: two, at: at(2)) == false)
        #expect(directory.listings[0].sentThere == 1)
        // So the loss of the former way takes nothing away.
        #expect(directory.forget(one) == [])
        #expect(directory.lost(announcement(1, load: 1, count: 4, withdrawal: .lost), by: one) == false)
        #expect(directory.addresses(limit: 9) == [port(1)])
    }

    @Test func `of the base protocol are lost as well`() {
        var directory = Directory()
        let leaf = Announcement(id: "leaf", node: nil, address: port(7), load: 0, version: nil)
        directory.learnBaseServer(leaf, by: one, limit: 9, at: at(0))
        #expect(directory.lost(leaf, by: two) == false)
        #expect(directory.lost(leaf, by: one) == true)
        #expect(directory.eligible(atMost: 9, for: Login.anonymous).isEmpty)
        directory.learnBaseServer(leaf, by: one, limit: 9, at: at(0))
        #expect(directory.forget(one) == [leaf])
    }

    @Test func `are told at once of much that is new here`() {
        var directory = Directory()
        func due(_ load: Int, room: Int? = 100) -> Instant? {
            directory.newsAreDue(.init(load: load, room: room), capacity: 200, pause: .milliseconds(500))
        }
        directory.everybodyWasTold(.init(load: 100, room: 100), at: at(1000))
        #expect(due(109) == nil)
        #expect(due(110) == at(1500))
        #expect(due(90) == at(1500))
        #expect(due(101, room: 0) == at(1500))
        directory.everybodyWasTold(.init(load: 200, room: 0), at: at(2000))
        // Of a full node somebody leaves all the time.
        #expect(due(199, room: 1) == nil)
        #expect(due(190, room: 10) == at(2500))
    }

    @Test func `are listed up to a number by each link, so that nobody fills the list with inventions`() {
        var directory = Directory()
        for node in 1...100 as ClosedRange<UInt64> {
            #expect(directory.learn(announcement(node, load: 1), by: one, limit: 10, at: at(0)) == (node <= 10))
        }
        #expect(directory.learn(announcement(200, load: 1), by: two, limit: 10, at: at(0)) == true)
        // One that is listed is heard of on.
        #expect(directory.learn(announcement(5, load: 2, count: 2), by: one, limit: 10, at: at(0)) == true)
        #expect(directory.listings.count == 11)
    }
}

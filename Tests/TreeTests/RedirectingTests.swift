import Testing

@testable import Tree

/// Who was sent here by another node (docs/protocol.md#redirecting).
@Suite struct RedirectingTests {
    private func arrive(_ count: Int, at bench: NodeBench, by child: ConnectionID) {
        for number in 0..<count {
            bench.handle(.received(child, .redirected(username: "u\(number)", to: NodeID(50))))
        }
    }

    @Test func whoNeverComesIsForgottenAlthoughNobodyAsks() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        let child = bench.child(7)
        arrive(100, at: bench, by: child)
        #expect(bench.node.directory.arrivalCount == 100)
        bench.sleep(11_000)
        arrive(1, at: bench, by: child)
        #expect(bench.node.directory.arrivalCount == 1)
    }

    @Test func thereAreOnlySoManyOfThem() {
        let bench = NodeBench {
            $0.redirectGap = .clients(2)
            $0.limits.redirectsExpected = 1000
        }
        arrive(3000, at: bench, by: bench.child(7))
        #expect(bench.node.directory.arrivalCount == 1000)
    }

    // MARK: Full nodes

    private func announcement(
        _ node: UInt64, load: Int, room: Int? = nil, count: UInt64 = 1, withdrawal: Announcement.Withdrawal? = nil
    ) -> Message {
        .serverAnnounce(
            Announcement(
                id: "", node: NodeID(node), address: address(node), load: load, room: room,
                version: .init(incarnation: Incarnation(1), count: count), withdrawal: withdrawal))
    }

    private func address(_ node: UInt64) -> Address { Address(host: "n", port: UInt16(node)) }

    private func announcements(_ effects: [Effect], on link: ConnectionID) -> [Announcement] {
        effects.sent(on: link).compactMap {
            if case .serverAnnounce(let announcement) = $0 { announcement } else { nil }
        }
    }

    private func logIn(at bench: NodeBench, wasRedirected: Bool = false) -> (ConnectionID, [Message]) {
        let connection = bench.newConnection()
        let login = Login(username: Login.anonymous, wasRedirected: wasRedirected)
        return (connection, bench.handle(.received(connection, .login(login))).sent(on: connection))
    }

    private func redirects(_ messages: [Message]) -> [Address] {
        messages.compactMap { if case .redirect(let address, _) = $0 { address } else { nil } }
    }

    @Test func nobodyIsSentToANodeThatIsFull() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        let child = bench.child(7)
        for _ in 0..<20 { _ = bench.client() }
        bench.handle(.received(child, announcement(7, load: 2, room: 0)))
        for _ in 0..<5 { #expect(redirects(logIn(at: bench).1) == []) }
        // One has left it: it takes one, and only one.
        bench.handle(.received(child, announcement(7, load: 1, room: 1, count: 2)))
        #expect(redirects(logIn(at: bench).1) == [address(7)])
        #expect(redirects(logIn(at: bench).1) == [])
    }

    @Test func aFullNodeTellsThatItIsAndWhereThereIsRoom() {
        let bench = NodeBench {
            $0.limits.clients = 2
            $0.redirectGap = .never
            $0.limits.silence = .seconds(600)
        }
        let child = bench.child(7)
        bench.handle(.received(child, announcement(7, load: 20, room: 30)))
        bench.handle(.received(child, announcement(8, load: 1, room: 0)))
        bench.wait(6000)
        _ = bench.client()
        #expect(announcements(bench.effects + bench.wait(600), on: child) == [])
        _ = bench.client()
        // It doesn't wait for the next announcement.
        let told = announcements(bench.effects, on: child)
        #expect(told.map(\.room) == [0])
        #expect(told.map(\.load) == [2])
        let (_, refusal) = logIn(at: bench)
        #expect(
            refusal == [
                .unavailable(
                    info: "this server is full: try again later, or another one", servers: [address(7)])
            ])
    }

    @Test func clientsThatAreOnTheirWayHereTakeRoom() {
        let bench = NodeBench {
            $0.limits.clients = 10
            $0.limits.silence = .seconds(600)
        }
        let child = bench.child(7)
        bench.wait(6000)
        arrive(10, at: bench, by: child)
        let told = announcements(bench.wait(200), on: child)
        #expect(told.map(\.room) == [0])
        #expect(told.map(\.load) == [10])
        // They never come.
        bench.wait(11_000)
        let later = announcements(bench.wait(6000), on: child).last
        #expect(later?.room == 10)
        #expect(later?.load == 0)
    }

    @Test func whoSaysThatItWasSentOnStays() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        let child = bench.child(7)
        bench.handle(.received(child, announcement(7, load: 0)))
        for _ in 0..<4 { _ = logIn(at: bench, wasRedirected: true) }
        #expect(bench.node.load == 4)
        #expect(redirects(logIn(at: bench, wasRedirected: true).1) == [])
        #expect(redirects(logIn(at: bench).1) == [address(7)])
    }

    @Test func whoIsOnTheWayOfARedirectCountsItToo() {
        let bench = NodeBench { $0.redirectGap = .clients(2) }
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(two, announcement(8, load: 0)))
        for _ in 0..<3 { bench.handle(.received(one, .redirected(username: "anna", to: NodeID(8)))) }
        for _ in 0..<4 { #expect(redirects(logIn(at: bench).1) == []) }
        #expect(redirects(logIn(at: bench).1) == [address(8)])
    }

    // MARK: Withdrawing

    @Test func aNodeThatLeavesSaysSoAtOnceAndItIsPassedOn() {
        let bench = NodeBench()
        let (one, two) = (bench.child(7), bench.child(8))
        let told = announcements(bench.handle(.received(one, announcement(9, load: 3))), on: two)
        #expect(told.map(\.withdrawal) == [nil])
        let leaves = bench.handle(.received(one, announcement(9, load: 3, room: 0, count: 2, withdrawal: .leaving)))
        #expect(announcements(leaves, on: two).map(\.withdrawal) == [.leaving])
        #expect(announcements(leaves, on: one) == [])
        #expect(bench.node.serversWithRoom == [])
        #expect(
            announcements(bench.handle(.drainRequested), on: two).compactMap(\.withdrawal) == [.leaving])
    }

    @Test func aNeighbourIsKnownByItsOwnLinkWhoeverElseTellsOfIt() {
        let bench = NodeBench()
        let (one, two, three) = (bench.child(7), bench.child(8), bench.child(9))
        bench.handle(.received(one, announcement(7, load: 3)))
        // It was under there a moment ago, and the news of it cross.
        bench.handle(.received(two, announcement(7, load: 3)))
        let lost = bench.handle(.closed(one))
        #expect(announcements(lost, on: two).compactMap(\.withdrawal) == [.lost])
        #expect(announcements(lost, on: three).compactMap(\.withdrawal) == [.lost])
        #expect(!bench.node.listedServers.contains { $0.node == NodeID(7) })
    }

    @Test func aNeighbourThatIsTheWayNowIsNotTheWayOfThatNeighbour() {
        let bench = NodeBench()
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(one, announcement(71, load: 3)))
        // The neighbour may have believed, a moment before, what it was told of the node.
        let changed = bench.handle(.received(two, announcement(71, load: 3)))
        #expect(announcements(changed, on: two).map(\.withdrawal) == [.lost])
        let newer = bench.handle(.received(one, announcement(71, load: 4, count: 2)))
        let toldBefore = announcements(newer, on: one)
        #expect(toldBefore.map(\.withdrawal) == [.lost])
        #expect(toldBefore.map(\.version?.count) == [1])
        #expect(announcements(bench.handle(.received(one, announcement(71, load: 5, count: 3))), on: one) == [])
    }

    @Test func whoLosesABranchWithdrawsItEverywhereElse() {
        let bench = NodeBench()
        let (one, two) = (bench.child(7), bench.child(8))
        for node: UInt64 in [7, 71, 72] { bench.handle(.received(one, announcement(node, load: 3))) }
        bench.handle(.received(two, announcement(81, load: 3)))
        let effects = bench.handle(.closed(one))
        let withdrawn = announcements(effects, on: two)
        #expect(withdrawn.map(\.withdrawal) == [.lost, .lost, .lost])
        #expect(withdrawn.compactMap(\.node) == [NodeID(7), NodeID(71), NodeID(72)])
        #expect(bench.node.serversWithRoom == [address(81)])
        // And who is told passes it on.
        let third = bench.child(9)
        let passedOn = bench.handle(.received(two, announcement(81, load: 3, withdrawal: .lost)))
        #expect(announcements(passedOn, on: third).compactMap(\.node) == [NodeID(81)])
        #expect(bench.node.serversWithRoom == [])
    }

    @Test func whatHasGrownOldIsWithdrawnFromThoseWhoRememberItForLonger() {
        let bench = NodeBench { $0.limits.silence = .seconds(600) }
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(one, announcement(71, load: 3)))
        let told = announcements(bench.wait(25_000), on: two).filter { $0.withdrawal != nil }
        #expect(told.map(\.withdrawal) == [.lost])
        #expect(told.compactMap(\.node) == [NodeID(71)])
    }

    @Test func aBranchThatAttachesItselfElsewhereIsKnownAtOnce() {
        let bench = NodeBench()
        let (one, two, three) = (bench.child(7), bench.child(8), bench.child(9))
        bench.handle(.received(one, announcement(71, load: 3)))
        // It has not announced itself since: its new neighbours introduce it by what they know.
        let moved = bench.handle(.received(two, announcement(71, load: 3)))
        #expect(announcements(moved, on: three).compactMap(\.node) == [NodeID(71)])
        #expect(announcements(moved, on: one).compactMap(\.node) == [NodeID(71)])
        // Whoever lost it says so late.
        let late = bench.handle(.received(one, announcement(71, load: 3, withdrawal: .lost)))
        #expect(announcements(late, on: three) == [])
        #expect(announcements(bench.handle(.closed(one)), on: three) == [])
        #expect(bench.node.serversWithRoom == [address(71)])
    }

    @Test func aNodeThatIsNoLongerAmongTheBestIsToldOfOnceMore() {
        let bench = NodeBench { $0.limits.announcementsPerLink = 1 }
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(one, announcement(71, load: 3)))
        bench.handle(.received(one, announcement(72, load: 5)))
        let worse = bench.handle(.received(one, announcement(71, load: 9, count: 2)))
        #expect(announcements(worse, on: two).map(\.load) == [9, 5])
        let again = bench.handle(.received(one, announcement(71, load: 10, count: 3)))
        #expect(announcements(again, on: two).map(\.load) == [])
    }

    @Test func whoMovesUpAmongTheBestIsToldOfWhenABetterOneIsGone() {
        let bench = NodeBench { $0.limits.announcementsPerLink = 1 }
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(one, announcement(71, load: 3)))
        #expect(announcements(bench.handle(.received(one, announcement(72, load: 5))), on: two) == [])
        let lost = bench.handle(.received(one, announcement(71, load: 3, withdrawal: .lost)))
        #expect(announcements(lost, on: two).map(\.node) == [NodeID(71), NodeID(72)])
        #expect(announcements(lost, on: two).map(\.withdrawal) == [.lost, nil])
        #expect(announcements(bench.handle(.received(one, announcement(73, load: 9))), on: two) == [])
        let leaves = bench.handle(.received(one, announcement(72, load: 5, count: 2, withdrawal: .leaving)))
        #expect(announcements(leaves, on: two).map(\.node) == [NodeID(72), NodeID(73)])
    }

    @Test func whoMovesUpIsToldOfWhenTheNeighbourItselfIsTheWayToABetterOne() {
        let bench = NodeBench { $0.limits.announcementsPerLink = 1 }
        let (one, two) = (bench.child(7), bench.child(8))
        bench.handle(.received(one, announcement(71, load: 3)))
        #expect(announcements(bench.handle(.received(one, announcement(72, load: 5))), on: two) == [])
        let moved = bench.handle(.received(two, announcement(71, load: 3, count: 2)))
        #expect(announcements(moved, on: two).map(\.node) == [NodeID(71), NodeID(72)])
        #expect(announcements(moved, on: two).map(\.withdrawal) == [.lost, nil])
    }

    @Test func aLeavingNodeSendsItsClientsOnlyWhereThereIsRoom() {
        let bench = NodeBench { $0.redirectGap = .never }
        let child = bench.child(7)
        bench.handle(.received(child, announcement(7, load: 1, room: 2)))
        let clients = (0..<3).map { _ in bench.client() }
        let effects = bench.handle(.drainRequested) + bench.wait(2000)
        let told = clients.flatMap { effects.sent(on: $0) }
        #expect(redirects(told) == [address(7), address(7)])
        let turnedAway = told.compactMap { if case .unavailable(_, let servers) = $0 { servers } else { nil } }
        #expect(turnedAway == [[]])
    }

    @Test func aLeavingNodeSendsACrowdOnInPortions() {
        let bench = NodeBench {
            $0.redirectGap = .never
            $0.limits.crowdPerTurn = 10
        }
        let child = bench.child(7)
        bench.handle(.received(child, announcement(7, load: 1, room: 1000)))
        let clients = Set((0..<105).map { _ in bench.client() })
        var portions: [Int] = []
        bench.handle(.drainRequested)
        // Its heir doesn't take over.
        bench.sleep(1100)
        var effects = bench.handle(.timePassed)
        for _ in 0..<20 {
            portions.append(effects.count { if case .close(let one, _) = $0 { clients.contains(one) } else { false } })
            effects = bench.handle(.timePassed)
        }
        // One portion when time passes or the operator asks, one when the turn ends.
        #expect(portions.allSatisfy { $0 <= 20 }, "\(portions)")
        #expect(portions.reduce(0, +) == 105, "\(portions)")
        #expect(bench.node.load == 0)
    }
}

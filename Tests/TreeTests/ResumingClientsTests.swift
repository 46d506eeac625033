import Testing

@testable import Tree

@Suite struct `Clients that catch up` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)
    private let carla = ConnectionID(3)
    private let far = Origin(node: NodeID(7), incarnation: Incarnation(1))

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    private func invented(_ number: Int) -> Origin {
        Origin(node: NodeID(UInt64(1000 + number)), incarnation: Incarnation(1))
    }

    /// A client that has seen this much of another node's messages.
    private func resume(ahead sequence: UInt64, until: Instant? = nil, inventing count: Int = 0) -> Resume {
        let made = (0..<count).map { VersionVector.Component(origin: invented($0), sequence: 1) }
        var resume = Resume(
            seen: VersionVector([.init(origin: far, sequence: sequence)] + made), cursor: LogPosition(0), last: nil)
        if let until { resume.wait(until: until) }
        return resume
    }

    private func wanted(by clients: inout ResumingClients, limit: Int, looks: Int) -> VersionVector? {
        clients.wantedOfTree(limit: limit, looks: looks)
    }

    /// Feeds all who are ready, and answers who they are.
    private func feedAll(
        _ clients: inout ResumingClients, shown: UInt64 = 0, _ feeding: ResumingClients.Feeding = .rests,
        atMost limit: Int = .max
    ) -> [ConnectionID] {
        var fed: [ConnectionID] = []
        for _ in 0..<min(limit, clients.wake(at: LogPosition(shown)) { _ in false }) {
            guard let next = clients.takeNext() else { continue }
            clients.fed(next.connection, next.resume, feeding)
            fed.append(next.connection)
        }
        return fed
    }

    @Test func `are fed in turn: the last one of a round is the first one of the next`() {
        var clients = ResumingClients()
        for client in [anna, ben, carla] { clients.began(resume(ahead: 1), of: client, at: at(0)) }
        #expect(feedAll(&clients, .hasMore, atMost: 2) == [anna, ben])
        #expect(feedAll(&clients, .hasMore) == [carla, anna, ben])
    }

    @Test func `go when they are done, or gone`() {
        var clients = ResumingClients()
        for client in [anna, ben, carla] { clients.began(resume(ahead: 0), of: client, at: at(0)) }
        #expect(feedAll(&clients, .isDone, atMost: 1) == [anna])
        clients.left(ben)
        #expect(clients[anna] == nil)
        #expect(clients.count == 1)
        #expect(feedAll(&clients) == [carla])
        clients.left(carla)
        #expect(clients.isEmpty)
        #expect(feedAll(&clients, shown: 1) == [])
    }

    @Test func `that have all there is aren't looked at until the log has come further`() {
        var clients = ResumingClients()
        for number in 1...600 { clients.began(resume(ahead: 1), of: ConnectionID(UInt64(number)), at: at(0)) }
        #expect(feedAll(&clients).count == 600)
        let looks = clients.looks
        for _ in 0..<100 { #expect(feedAll(&clients).isEmpty) }
        #expect(clients.looks == looks)
        #expect(feedAll(&clients, shown: 1).count == 600)
    }

    @Test func `that wait for the order are looked at when it has passed what they saw`() {
        var clients = ResumingClients()
        for client in [anna, ben] { clients.began(resume(ahead: 0), of: client, at: at(0)) }
        let keys = [5, 3].map { milliseconds in
            OrderKey(stamp: Stamp(milliseconds: UInt64(milliseconds)), origin: far, sequence: 1)
        }
        _ = clients.wake(at: LogPosition(0))
        for key in keys {
            let next = clients.takeNext()!
            clients.fed(next.connection, next.resume, .restsUntilPassed(key))
        }
        #expect(clients.wake(at: LogPosition(0)) { _ in false } == 0)
        #expect(clients.wake(at: LogPosition(0)) { $0 <= keys[1] } == 1)
        let next = clients.takeNext()
        #expect(next?.connection == ben)
    }

    @Test func `that take nothing aren't fed, and are when they take it again`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 0), of: anna, isCongested: true, at: at(0))
        #expect(feedAll(&clients) == [])
        #expect(clients.congestedCount == 1)
        #expect(feedAll(&clients) == [])
        _ = clients.congestion(false, of: anna, at: at(1))
        #expect(clients.congestedCount == 0)
        #expect(feedAll(&clients) == [anna])
    }

    @Test func `step over each thing that they saw once, and look at one that this node lacks`() {
        var looks = 0
        var resume = resume(ahead: 0, inventing: 4096)
        resume.update { _ in
            looks += 1
            return false
        }
        #expect(looks == 1)
        resume.update { component in
            looks += 1
            return component.origin != invented(0)
        }
        #expect(looks == 1 + 4096)
        #expect(resume.ahead.map(\.origin) == [invented(0)])
        resume.update { _ in
            looks += 1
            return false
        }
        #expect(looks == 1 + 4096 + 1)
    }

    @Test func `aren't shown what they saw of an origin that this node learns of later`() {
        var resume = resume(ahead: 3)
        #expect(resume.pass(4, 3, of: far) == false)
        #expect(resume.pass(4, 4, of: far) == true)
    }

    @Test func `lose the memory of what they saw, whoever names the most first, when there is too much`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 5, until: at(100)), of: anna, at: at(0))
        clients.began(resume(ahead: 0, until: at(100), inventing: 50), of: ben, at: at(0))
        clients.began(resume(ahead: 0, inventing: 40), of: carla, at: at(0))
        #expect(clients.rememberedOrigins == 91)
        let forgotten = clients.forget(at: at(1), after: .seconds(60), beyond: 41)
        #expect(forgotten.tooMuch == [ben])
        #expect(forgotten.waited == [ben])
        #expect(clients.rememberedOrigins == 41)
        #expect(clients[ben]?.hasNothingAhead == true)
        #expect(clients[anna]?.waitsUntil == at(100))
        clients.left(carla)
        #expect(clients.rememberedOrigins == 1)
    }

    @Test func `lose it when nobody brings any more what they saw`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 5), of: anna, at: at(0))
        clients.began(resume(ahead: 5), of: ben, at: at(10))
        _ = clients.forget(at: at(60), after: .milliseconds(60), beyond: 100)
        #expect(clients[anna]?.hasNothingAhead == true)
        #expect(clients[ben]?.hasNothingAhead == false)
    }

    @Test func `have the tree asked for those first who name few origins`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 0, until: at(100), inventing: 50), of: ben, at: at(0))
        clients.began(resume(ahead: 5, until: at(100)), of: anna, at: at(0))
        #expect(wanted(by: &clients, limit: 50, looks: 1000)?.components.map(\.origin) == [far])
        #expect(wanted(by: &clients, limit: 51, looks: 1000)?.components.count == 51)
        #expect(wanted(by: &clients, limit: 51, looks: 10)?.components.count == 1)
    }

    @Test func `that take nothing for too long are late, and when the next one will be is known`() {
        var clients = ResumingClients()
        for client in [anna, ben] { clients.began(resume(ahead: 0), of: client, at: at(0)) }
        #expect(clients.congestion(true, of: anna, at: at(0)) == true)
        #expect(clients.congestion(true, of: ben, at: at(30)) == true)
        #expect(clients.congestion(true, of: carla, at: at(0)) == false)
        #expect(clients.stalled(at: at(100), patience: .milliseconds(100)).late == [anna])
        #expect(clients.stalled(at: at(100), patience: .milliseconds(100)).next == at(130))
        _ = clients.congestion(false, of: anna, at: at(100))
        #expect(clients.stalled(at: at(100), patience: .milliseconds(100)).late == [])
    }

    @Test func `wait for what they saw until their time is up`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 5, until: at(100)), of: anna, at: at(0))
        clients.began(resume(ahead: 5, until: at(200)), of: ben, at: at(0))
        clients.began(resume(ahead: 0), of: carla, at: at(0))
        let (ended, next) = clients.stopWaiting(at: at(100))
        #expect(ended == [anna])
        #expect(next == at(200))
        #expect(clients.stopWaiting(at: at(100)).ended == [])
    }

    @Test func `have the tree asked for the most that any of them saw, one question at a time`() {
        var clients = ResumingClients()
        #expect(clients.mayAskTree(at: at(0)) == false)
        clients.began(resume(ahead: 5, until: at(100)), of: anna, at: at(0))
        clients.began(resume(ahead: 9, until: at(100)), of: ben, at: at(0))
        #expect(clients.mayAskTree(at: at(0)) == true)
        #expect(wanted(by: &clients, limit: 10, looks: 10)?[far] == 9)
        let question = HeldQuestion(
            id: QuestionID(asker: far, count: 1), wanted: VersionVector([.init(origin: far, sequence: 9)]))
        clients.asked(question, nextAt: at(20))
        #expect(clients.mayAskTree(at: at(50)) == false)
        #expect(clients.answered(QuestionID(asker: far, count: 2)) == nil)
        #expect(clients.answered(question.id) == question)
        #expect(clients.mayAskTree(at: at(19)) == false)
        #expect(clients.mayAskTree(at: at(20)) == true)
    }

    @Test func `wait no longer for what no node holds`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 5, until: at(100)), of: anna, at: at(0))
        clients.began(resume(ahead: 9, until: at(100)), of: ben, at: at(0))
        let wanted = clients.wantedOfTree(limit: 10, looks: 10)!
        // Somebody holds the sixth: it will come.
        let held = VersionVector([.init(origin: far, sequence: 6)])
        #expect(clients.learntWhatIsHeld(held, of: wanted) { _ in 5 }.map(\.connection) == [])
        let nothing = VersionVector([.init(origin: far, sequence: 4)])
        #expect(clients.learntWhatIsHeld(nothing, of: wanted) { _ in 4 }.map(\.connection) == [anna, ben])
        #expect(clients[anna]?.isHeldByNobody == true)
        #expect(clients.stopWaiting(at: at(500)).ended == [])
    }

    @Test func `that asked about less than they saw since are asked for again`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 9, until: at(100)), of: ben, at: at(0))
        _ = clients.wantedOfTree(limit: 10, looks: 10)
        let wanted = VersionVector([.init(origin: far, sequence: 5)])
        #expect(clients.learntWhatIsHeld(VersionVector(), of: wanted) { _ in 0 }.map(\.connection) == [])
    }

    @Test func `are told of what this node lacks, but for what they have seen elsewhere`() {
        var resume = resume(ahead: 0)
        #expect(resume.pass(0, 3, of: far) == true)
        #expect(resume.pass(0, 2, of: far) == false)
        let gap = Log.Gap(origin: far, from: 1, through: 5)
        #expect(resume.pass(gap, number: 0) == Log.Gap(origin: far, from: 4, through: 5))
        #expect(resume.pass(gap, number: 0) == nil)
    }

    @Test func `are told of a gap when they have come to where it was learnt`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 0), of: anna, at: at(0))
        let gap = Log.Gap(origin: far, from: 1, through: 5)
        clients.learnt(of: gap, at: LogPosition(1), for: anna)
        _ = clients.wake(at: LogPosition(0))
        var resume = clients.takeNext()!.resume
        #expect(resume.nextGap() == nil)
        #expect(!resume.hasNothingAhead)
        resume.advance()
        #expect(resume.nextGap() == gap)
        #expect(resume.hasNothingAhead)
    }
}

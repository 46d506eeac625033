import Testing

@testable import Tree

@Suite struct `Clients that catch up` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)
    private let carla = ConnectionID(3)
    private let far = Origin(node: NodeID(7), incarnation: Incarnation(1))

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    /// A client that has seen this much of another node's messages.
    private func resume(ahead sequence: UInt64, until: Instant? = nil) -> Resume {
        var resume = Resume(
            ahead: sequence == 0 ? [] : [.init(origin: far, sequence: sequence)], cursor: LogPosition(0), last: nil)
        if let until { resume.wait(until: until) }
        return resume
    }

    @Test func `are fed in turn: the last one of a round is the first one of the next`() {
        var clients = ResumingClients()
        for client in [anna, ben, carla] { clients.began(resume(ahead: 1), of: client) }
        #expect(clients.round == [anna, ben, carla])
        for client in clients.round.prefix(2) {
            let taken = clients.feed(client)
            clients.fed(client, taken!, isDone: false)
        }
        clients.endRound()
        #expect(clients.round == [carla, anna, ben])
    }

    @Test func `go when they are done, or gone`() {
        var clients = ResumingClients()
        for client in [anna, ben, carla] { clients.began(resume(ahead: 0), of: client) }
        clients.fed(anna, clients.feed(anna)!, isDone: true)
        clients.endRound()
        clients.left(ben)
        #expect(clients.order == [carla])
        #expect(clients[anna] == nil)
        #expect(clients.round == [carla])
        clients.left(carla)
        #expect(clients.isEmpty)
        #expect(clients.round == [])
    }

    @Test func `that take nothing for too long are late, and when the next one will be is known`() {
        var clients = ResumingClients()
        for client in [anna, ben] { clients.began(resume(ahead: 0), of: client) }
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
        clients.began(resume(ahead: 5, until: at(100)), of: anna)
        clients.began(resume(ahead: 5, until: at(200)), of: ben)
        clients.began(resume(ahead: 0), of: carla)
        let (ended, next) = clients.stopWaiting(at: at(100))
        #expect(ended == [anna])
        #expect(next == at(200))
        #expect(clients.stopWaiting(at: at(100)).ended == [])
    }

    @Test func `have the tree asked for the most that any of them saw, one question at a time`() {
        var clients = ResumingClients()
        #expect(!clients.mayAskTree(at: at(0)))
        clients.began(resume(ahead: 5, until: at(100)), of: anna)
        clients.began(resume(ahead: 9, until: at(100)), of: ben)
        #expect(clients.mayAskTree(at: at(0)))
        #expect(clients.wantedOfTree(limit: 10)?[far] == 9)
        let question = HeldQuestion(
            id: QuestionID(asker: far, count: 1), wanted: VersionVector([.init(origin: far, sequence: 9)]))
        clients.asked(question, nextAt: at(20))
        #expect(!clients.mayAskTree(at: at(50)))
        #expect(clients.answered(QuestionID(asker: far, count: 2)) == nil)
        #expect(clients.answered(question.id) == question)
        #expect(!clients.mayAskTree(at: at(19)))
        #expect(clients.mayAskTree(at: at(20)))
    }

    @Test func `wait no longer for what no node holds`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 5, until: at(100)), of: anna)
        clients.began(resume(ahead: 9, until: at(100)), of: ben)
        let wanted = VersionVector([.init(origin: far, sequence: 9)])
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
        clients.began(resume(ahead: 9, until: at(100)), of: ben)
        let wanted = VersionVector([.init(origin: far, sequence: 5)])
        #expect(clients.learntWhatIsHeld(VersionVector(), of: wanted) { _ in 0 }.map(\.connection) == [])
    }

    @Test func `are told of what this node lacks, but for what they have seen elsewhere`() {
        var resume = resume(ahead: 0)
        #expect(resume.pass(0, 3) == true)
        #expect(resume.pass(0, 2) == false)
        let gap = Log.Gap(origin: far, from: 1, through: 5)
        #expect(resume.pass(gap, number: 0) == Log.Gap(origin: far, from: 4, through: 5))
        #expect(resume.pass(gap, number: 0) == nil)
    }

    @Test func `are told of a gap when they have come to where it was learnt`() {
        var clients = ResumingClients()
        clients.began(resume(ahead: 0), of: anna)
        let gap = Log.Gap(origin: far, from: 1, through: 5)
        clients.learnt(of: gap, at: LogPosition(1), for: anna)
        var resume = clients.feed(anna)!
        #expect(resume.nextGap() == nil)
        #expect(!resume.hasNothingAhead)
        resume.advance()
        #expect(resume.nextGap() == gap)
        #expect(resume.hasNothingAhead)
    }
}

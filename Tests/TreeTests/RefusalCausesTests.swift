import Testing

@testable import Tree

/// Whoever is refused is counted by the reason.
@Suite struct RefusalCausesTests {
    private let there = PeerAddress(1)

    private func open(_ bench: NodeBench) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: there))
        return connection
    }

    private func counted(_ bench: NodeBench) -> [RefusalCause: UInt64] {
        var counts: [RefusalCause: UInt64] = [:]
        for cause in RefusalCause.allCases where bench.node.refusals(for: cause) > 0 {
            counts[cause] = bench.node.refusals(for: cause)
        }
        return counts
    }

    @Test func whatHasNoMeaningIsInvalid() {
        let bench = NodeBench()
        bench.handle(.receivedMalformed(open(bench), info: "no JSON"))
        bench.handle(.received(open(bench), .unknown(command: "X")))
        let activity = ActivityMessage(username: "anna", secret: nil, text: Array("{}".utf8))
        bench.handle(.received(open(bench), .activity(activity)))
        #expect(counted(bench) == [.invalid: 3])
        #expect(bench.node.counts.refused == 0, "there was room")
    }

    @Test func whoSaysNothingInTimeIsSilent() {
        let bench = NodeBench()
        _ = open(bench)
        bench.wait(6000)
        #expect(counted(bench) == [.silent: 1])
    }

    @Test func whoMakesRoomForOthersIsCrowdedOut() {
        let bench = NodeBench { $0.limits.strangersPerAddress = 2 }
        for _ in 0..<3 { _ = open(bench) }
        #expect(counted(bench) == [.crowded: 1])
    }

    @Test func aSecretInClearIsPlain() {
        let bench = NodeBench { $0.allowsPlainSecrets = false }
        bench.handle(.received(open(bench), .register(username: "anna", secret: Secret("s"))))
        #expect(counted(bench) == [.plain: 1])
    }

    @Test func whoRegistersTooOftenHasToWait() {
        let bench = NodeBench {
            $0.limits.registrationsPerName.free = 1
            $0.allowsPlainSecrets = true
        }
        for _ in 0..<2 { bench.handle(.received(open(bench), .register(username: "anna", secret: Secret("s")))) }
        #expect(counted(bench) == [.attempts: 1])
    }

    @Test func aHashThatCannotBeMadeIsWorkForLater() throws {
        let bench = NodeBench { $0.allowsPlainSecrets = true }
        let effects = bench.handle(.received(open(bench), .register(username: "anna", secret: Secret("s"))))
        let tickets = effects.compactMap { if case .hash(let ticket, _) = $0 { ticket } else { nil } }
        let ticket = try #require(tickets.first)
        bench.handle(.hashed(ticket, nil))
        #expect(counted(bench) == [.busy: 1])
    }

    @Test func aNodeThatIsDrainedTakesNoNewcomers() {
        let bench = NodeBench()
        bench.node.draining.moves.drain(perSecond: 10, at: bench.node.now.instant)
        bench.handle(.received(open(bench), .login(Login(username: Login.anonymous))))
        #expect(counted(bench) == [.leaving: 1])
    }
}

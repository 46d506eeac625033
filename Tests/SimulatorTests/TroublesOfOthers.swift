import Simulator
import Testing

/// What others of this field suffer from, one after the other. In each of these histories every promise is checked at
/// every step; the tests say what had to be played for the trouble to be there at all.
@Suite struct TroublesOfOthers {
    /// NATS and Redis close clients that read slowly, and don't say why.
    @Test func aClientThatReadsTooSlowlyIsToldAndComesBackForTheRest() {
        var scenario = Scenario(parents: [0, 0], messagesEvery: 20, seconds: 12)
        scenario.set {
            $0.retentionBytes = 0
            $0.congestionPackets = 4
            $0.padding = 4000
        }
        scenario.at(3, .doze(client: 1))
        scenario.at(10, .rouse(client: 1))
        scenario.settle(12, [0, 1, 2])
        #expect(scenario.play().count(.clientFellOffTheLog) > 0)
    }

    /// One slow branch fills everybody's queues, and then everything stands still until they are empty.
    @Test(arguments: [[], [Quirk.leavesBehind]]) func aSlowBranchSlowsEverybodyDownOrIsLeftBehind(_ quirks: [Quirk]) {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 5, seconds: 12)
        scenario.set {
            $0.padding = 4000
            $0.quirks = quirks
        }
        // Each of its links takes twenty packets a second.
        scenario.at(3, .slow(host: 1, microseconds: 50_000))
        scenario.at(11, .slow(host: 1, microseconds: 0))
        scenario.settle(12, [0, 1, 2, 3])
        let outcome = scenario.play()
        if quirks.isEmpty {
            #expect(outcome.count(.clientThrottledByALaggingLink) > 0)
            #expect(outcome.count(.nodeMetAGap) == 0)
        } else {
            #expect(outcome.count(.nodeMetAGap) > 0)
        }
    }

    /// NATS JetStream lost what it had acknowledged (Jepsen, 2025).
    @Test(arguments: 0..<12) func whatWasShownAsHeldByTwoOutlivesTheNodeThatTookIt(step: Int) {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 7, seconds: 6)
        scenario.set { $0.latency = 200...3000 }
        // Anywhere in the life of some message.
        let at = 4 + 0.0013 * Double(step)
        scenario.at(at, step % 2 == 0 ? .kill(host: 1) : .vanish(host: 1))
        scenario.settle(6, [0, 2, 3])
        scenario.play()
    }

    /// EMQX wants nodes restarted after a split.
    @Test func aSplitHealsWithoutARestartAndBothSidesGetAllThatTheyMissed() {
        var scenario = Scenario(parents: [0, 0, 1, 2], seconds: 16)
        scenario.split(4, [[0, 1, 3], [2, 4]])
        for cut in [100, 101] { scenario.at(12, .mend(cut)) }
        scenario.settle(16, Array(0...4))
        let outcome = scenario.play()
        #expect(outcome.count(.nodeMetAGap) == 0)
        #expect(outcome.healingSeconds! == 0)
    }

    /// One dead node of VerneMQ's keeps everybody from logging in.
    @Test func aDeadNodeStopsNobodyFromLoggingInAndRegistering() {
        var scenario = Scenario(parents: [0, 0, 0], seconds: 10)
        scenario.set { $0.clients = Array(repeating: .numbering, count: 4) + [.named(1), .named(2)] }
        scenario.at(2, .arrive(client: 4, host: 1))
        scenario.at(4, .depart(client: 4))
        scenario.at(5, .vanish(host: 3))
        // One whose name is known, one who registers, while nobody has noticed yet that the third node is gone.
        scenario.at(5.1, .arrive(client: 4, host: 2))
        scenario.at(5.1, .arrive(client: 5, host: 1))
        scenario.settle(10, [0, 1, 2])
        var lines: [String] = []
        scenario.play { lines.append($0) }
        let logins = lines.filter { $0.contains("c4 logged in") || $0.contains("c5 logged in") }
        let late = logins.suffix(2).compactMap { $0.split(separator: "\t").first.flatMap { Double($0) } }
        #expect(late.count == 2)
        // A name that is known is judged where it is asked; a registration leaves the dead branch 3 s.
        #expect(late.allSatisfy { $0 > 5 && $0 < 9 }, "\(logins)")
    }

    /// Mosquitto's bridges, when they form a ring, send messages round and round.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func nodesThatAllMoveAtOnceFormNoRing(seed: UInt64) {
        var scenario = Scenario(parents: [0, 0, 0, 1, 2, 3], messagesEvery: 20, seconds: 10)
        scenario.set { $0.seed = seed }
        scenario.set { $0.latency = 100...20_000 }
        scenario.at(5, .kill(host: 0))
        for host in 1...6 { scenario.at(5.002 + 0.001 * Double(host), .disconnect(host: host)) }
        scenario.settle(10, Array(1...6))
        scenario.play()
    }

    /// NATS and InspIRCd refuse a server that comes back while its old connection is thought to stand.
    @Test func aNodeThatComesBackBeforeItsOldLinkIsNoticedReplacesIt() {
        var scenario = Scenario(parents: [0, 0], seconds: 10)
        scenario.set { $0.seeds = 1 }
        scenario.at(4, .vanish(host: 1))
        scenario.at(4.2, .restart(host: 1, remembering: true))
        scenario.settle(4.5, [0, 1, 2])
        let outcome = scenario.play()
        // Well before the old link falls silent.
        #expect(outcome.healingSeconds! < 2)
    }

    /// ejabberd keeps what a client can resume at the node that died.
    @Test func aClientResumesElsewhereAlthoughItsNodeIsGoneForGood() {
        var scenario = Scenario(parents: [0, 0], messagesEvery: 30, seconds: 9)
        scenario.at(5, .vanish(host: 1))
        scenario.at(5.2, .move(client: 1, host: 2))
        scenario.settle(9, [0, 2])
        scenario.play()
    }

    /// JetStream recognises what is sent again within two minutes.
    @Test func whatIsSentAgainAfterALongWhileIsRecognised() {
        var scenario = Scenario(parents: [0, 0], messagesEvery: 1_000_000, seconds: 200)
        scenario.at(3, .say(client: 1, answering: false))
        scenario.at(3.05, .move(client: 1, host: 2))
        // Said where nobody answers, and again elsewhere three minutes later.
        scenario.at(10, .freeze(host: 1))
        scenario.at(9.9, .move(client: 1, host: 1))
        scenario.at(10.1, .say(client: 1, answering: false))
        scenario.at(12, .move(client: 1, host: 2))
        scenario.at(190, .thaw(host: 1))
        scenario.settle(200, [0, 1, 2])
        #expect(scenario.play().count(.retryExistsUnderTwoIds) <= 1)
    }

    /// Others take those who come back all at once for attackers.
    @Test func aStormOfReturningClientsLetsAllOfThemIn() {
        var scenario = Scenario(parents: [0, 0], seconds: 10)
        scenario.set { $0.clients = Array(repeating: .numbering, count: 40) }
        for client in 3..<40 { scenario.at(1.5, .arrive(client: client, host: client % 3)) }
        for round in 0..<10 { for host in 0..<3 { scenario.at(4 + 0.3 * Double(round), .disconnect(host: host)) } }
        scenario.settle(10, [0, 1, 2])
        scenario.play()
    }

    /// After a rolling restart of NATS the last node to restart has hardly any client.
    @Test func afterARollingRestartNoNodeHasMoreThanTwiceItsShare() {
        var scenario = Scenario(parents: [0, 0, 0], messagesEvery: 500, seconds: 40)
        scenario.set {
            $0.clients = Array(repeating: .numbering, count: 24)
            $0.redirects = true
        }
        for client in 4..<24 { scenario.at(2, .arrive(client: client, host: client % 4)) }
        for host in 0..<4 {
            scenario.at(6 + 8 * Double(host), .leave(host: host))
            scenario.at(8 + 8 * Double(host), .restart(host: host, remembering: true))
        }
        scenario.settle(40, [0, 1, 2, 3])
        let loads = scenario.play().loads
        #expect(loads.reduce(0, +) == 24)
        #expect(loads.max()! <= 12, "\(loads)")
    }

    /// Serf takes others for dead when its own machine was busy.
    @Test func aMachineThatStoodStillForAMomentSuspectsNobody() {
        var scenario = Scenario(parents: [0, 1, 1, 0], seconds: 14)
        scenario.set { $0.timersFirstPerMille = 1000 }
        for round in 0..<3 {
            scenario.at(3 + 3 * Double(round), .freeze(host: round))
            scenario.at(5.2 + 3 * Double(round), .thaw(host: round))
        }
        scenario.settle(14, Array(0...4))
        #expect(scenario.play().count(.linkLostBySilence) == 0)
    }

    /// VerneMQ's queues grow in a split until the memory is gone. A whole day is played by
    /// `LongSchedules/a-day-cut-off.txt`.
    @Test func whileASplitLastsNoLogGrowsBeyondItsLimit() {
        var scenario = Scenario(parents: [0, 0], messagesEvery: 20, seconds: 60)
        scenario.set {
            $0.retentionBytes = 300_000
            $0.padding = 2000
        }
        scenario.split(4, [[0, 1], [2]])
        for cut in [100, 101] { scenario.at(50, .mend(cut)) }
        scenario.settle(60, [0, 1, 2])
        let outcome = scenario.play()
        // Both sides wrote some four times as much, and were told what they had missed.
        #expect(outcome.peakLogBytes < 300_000 + 2 * 256 * 1024)
        #expect(outcome.count(.nodeMetAGap) > 0)
    }

    /// One bad line between two servers of InspIRCd's parts thousands of users.
    @Test func aLineThatCannotBeReadPartsNobody() {
        var scenario = Scenario(parents: [0, 0, 1], messagesEvery: 1_000_000, seconds: 14)
        for round in 0..<8 {
            scenario.at(3 + Double(round), .spoil(from: 0, to: 1))
            scenario.at(3.5 + Double(round), .spoil(from: 1, to: 0))
        }
        scenario.settle(14, Array(0...3))
        var lines: [String] = []
        scenario.play { lines.append($0) }
        #expect(!lines.contains { $0.contains("lost its") }, "\(lines.filter { $0.contains("lost its") })")
    }

    /// The timestamps of TiDB's PD went back when another server took over.
    @Test func stampsGoOnGrowingWhenClocksFailAndJumpBack() {
        var scenario = Scenario(parents: [0, 0], messagesEvery: 15, seconds: 12)
        scenario.at(4, .clockDown)
        for host in 0..<3 { scenario.at(5, .jump(host: host, milliseconds: -3_600_000)) }
        scenario.at(7, .clockUp)
        scenario.at(8, .kill(host: 0))
        scenario.settle(12, [1, 2])
        scenario.play()
    }
}

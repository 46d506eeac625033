import Testing

@testable import Tree

/// A link that takes less than comes (docs/protocol.md#holding-back).
@Suite struct `A slow link` {
    private let feeder = Origin(node: NodeID(7), incarnation: Incarnation(1))

    private func entry(_ sequence: UInt64) -> Message {
        let activity = Activity(sender: "x", text: Array(repeating: UInt8(ascii: "m"), count: 999), retry: nil)
        return .entry(
            Entry(origin: feeder, sequence: sequence, stamp: Stamp(sequence), body: .activity(activity)), hop: 0)
    }

    /// Windows of some messages of a kilobyte.
    private func bench(_ change: @escaping (inout Configuration) -> Void = { _ in }) -> NodeBench {
        NodeBench {
            $0.limits.flowFirstBytes = 4000
            $0.limits.flowLeastBytes = 4000
            $0.limits.flowMarkBytes = 500
            $0.limits.flowDelay = .milliseconds(1)
            change(&$0)
        }
    }

    private func taken(_ count: UInt64, carried: UInt64? = nil) -> Message {
        .acknowledge(Acknowledgement(stored: count, safe: 0, confirmed: 0, carried: carried))
    }

    private func say(_ bench: NodeBench, _ client: ConnectionID) -> [Effect] {
        bench.say(String(repeating: "m", count: 999), on: client)
    }

    /// - Returns: how many messages the client said until it was no longer read from.
    private func sayUntilHeld(_ bench: NodeBench, _ client: ConnectionID) -> UInt64 {
        for count in 1...100 as ClosedRange<UInt64> where say(bench, client).contains(.pause(client)) { return count }
        return 0
    }

    @Test func `holds clients back once a window is on its way, and lets them go as it arrives`() {
        let bench = bench()
        let slow = bench.child(8)
        let client = bench.client()
        let said = sayUntilHeld(bench, client)
        #expect((3...5).contains(said))
        #expect(bench.handle(.received(slow, taken(1))).contains(.resume(client)))
    }

    @Test func `further down holds clients back as well`() {
        let bench = bench()
        let child = bench.child(8)
        let client = bench.client()
        let said = sayUntilHeld(bench, client)
        // The child has all, and one behind it has nothing.
        #expect(!bench.handle(.received(child, taken(said, carried: 0))).contains(.resume(client)))
        #expect(bench.handle(.received(child, taken(said, carried: 2))).contains(.resume(client)))
    }

    @Test func `lets clients go in portions, who waited longest first`() throws {
        let bench = bench()
        let slow = bench.child(8)
        let clients = (1...8).map { _ in bench.client() }
        let said = sayUntilHeld(bench, clients[0])
        for client in clients.dropFirst() { #expect(say(bench, client).contains(.pause(client))) }
        // Of the rest the link takes more as it acknowledges.
        var forwarded = said
        var resumed: [ConnectionID] = []
        for _ in 1...50 where resumed.isEmpty {
            let effects = bench.wait(10) + bench.handle(.received(slow, taken(forwarded)))
            forwarded += UInt64(effects.forwards.count)
            resumed = effects.compactMap { if case .resume(let client) = $0 { client } else { nil } }
        }
        try #require((1...7).contains(resumed.count))
        #expect(resumed == Array(clients.prefix(resumed.count)))
        // Those who were let go may have nothing to say: the others aren't forgotten.
        let later = bench.wait(100)
        #expect(later.contains(.resume(clients[resumed.count])))
    }

    @Test func `holds back no acknowledgement, and tells whoever feeds what everybody has`() {
        let bench = bench()
        let (feeding, slow) = (bench.child(7), bench.child(8))
        func acknowledged(_ effects: [Effect]) -> Acknowledgement? {
            effects.sent(on: feeding).compactMap {
                if case .acknowledge(let counts) = $0 { counts } else { nil }
            }.last
        }
        for sequence in 1...20 as ClosedRange<UInt64> {
            let counts = acknowledged(bench.handle(.received(feeding, entry(sequence))))
            #expect(counts?.stored == sequence)
            #expect(counts?.carried == 0)
        }
        #expect(acknowledged(bench.handle(.received(slow, taken(3))))?.carried == 3)
    }

    @Test func `is handed no more than a window, and the rest as it takes that`() {
        let bench = bench()
        let (feeding, slow) = (bench.child(7), bench.child(8))
        var forwards = 0
        for sequence in 1...20 as ClosedRange<UInt64> {
            forwards += bench.handle(.received(feeding, entry(sequence))).forwards.filter { $0.0 == slow }.count
        }
        #expect((3...5).contains(forwards))
        // What is no entry isn't behind the rest of them.
        #expect(
            bench.wait(1100).sent(on: slow).contains { if case .heartbeat = $0 { true } else { false } })
        while forwards < 20 {
            let more = bench.handle(.received(slow, taken(UInt64(forwards)))).forwards.filter { $0.0 == slow }.count
            guard more > 0 else { break }
            forwards += more
        }
        #expect(forwards == 20)
    }

    @Test func `on which nothing moves is not waited for until it is lost`() {
        let bench = bench()
        _ = bench.child(8)
        let client = bench.client()
        _ = sayUntilHeld(bench, client)
        #expect(bench.wait(700).contains(.resume(client)))
    }

    @Test func `that still catches up with what was there before holds nobody up`() {
        let bench = bench { $0.limits.linkBurstBytes = 10_000 }
        let client = bench.client()
        for _ in 1...60 { _ = say(bench, client) }
        let late = bench.newConnection()
        bench.handle(.received(late, bench.newcomer(9)))
        #expect(!say(bench, client).contains(.pause(client)))
    }

    @Test func `is named in the log, in the status and to clients, once, for as long as clients wait`() {
        let bench = bench()
        let slow = bench.child(8)
        let client = bench.newConnection()
        bench.handle(
            .received(client, .login(Login(username: Login.anonymous, features: [Login.noticeFeature]))))
        var all: [Effect] = []
        var (said, acknowledged): (UInt64, UInt64) = (0, 0)
        for _ in 1...60 {
            while !bench.node.isThrottled(client) {
                all += say(bench, client)
                said += 1
            }
            all += bench.wait(100)
            acknowledged += 1
            all += bench.handle(.received(slow, taken(acknowledged)))
        }
        func notices(_ effects: [Effect]) -> [Bool?] {
            effects.sent(on: client).compactMap { if case .notice(_, let waits) = $0 { waits } else { nil } }
        }
        let contact = Contact(
            node: NodeID(8), incarnation: Incarnation(1), address: Address(host: "n", port: 8))
        func reports(_ effects: [Effect]) -> [Notice] {
            effects.compactMap { if case .report(let notice) = $0 { notice } else { nil } }.filter {
                switch $0 {
                case .clientsWait, .clientsWaitNoLonger: true
                default: false
                }
            }
        }
        #expect(reports(all) == [.clientsWait(for: contact)])
        #expect(notices(all) == [true])
        let lag = bench.node.status.lag
        #expect(lag?.waitsFor == contact)
        #expect(lag?.policy == .wait)
        #expect((3000...6100).contains(lag?.waitedMilliseconds ?? 0))
        #expect(bench.node.status.counts.waits == 1)

        all = bench.handle(.received(slow, taken(said)))
        all += bench.wait(3000) + bench.handle(.received(slow, .synchronised)) + bench.wait(3000)
        #expect(reports(all).count == 1)
        #expect(notices(all) == [false])
        #expect(bench.node.status.lag == nil)
    }

    // MARK: Left behind

    @Test func `is left behind where that is wanted, told what it misses, and nobody waits`() {
        let bench = bench {
            $0.lagPolicy = .gap
            $0.limits.lagBytes = 20_000
        }
        let (feeding, slow) = (bench.child(7), bench.child(8))
        let client = bench.client()
        var all: [Effect] = []
        for sequence in 1...60 as ClosedRange<UInt64> {
            all += bench.handle(.received(feeding, entry(sequence)))
            // Of this node's own: what its client has said so far.
            if sequence > 1 { all += bench.handle(.received(feeding, taken(sequence - 1))) }
            let spoken = bench.say("hello", on: client)
            #expect(!spoken.contains(.pause(client)))
            all += spoken
        }
        let gaps = all.sent(on: slow).compactMap { if case .gap(let gap, _) = $0 { gap } else { nil } }
        #expect(gaps.filter { $0.origin == feeder }.count >= 2)
        #expect(bench.node.status.counts.leftOut == gaps.reduce(0) { $0 + $1.count })
        #expect(
            all.count { if case .report(.childLeftBehind(let child)) = $0 { child.node == NodeID(8) } else { false } }
                == 1)
        #expect(bench.node.status.lag?.leftBehind.map(\.node) == [NodeID(8)])
        // What was sent, what was left out and what comes now is everything, without a hole that nobody was told of.
        let sent = all.forwards.filter { $0.0 == slow }.count
        let rest = bench.handle(.received(slow, taken(UInt64(sent)))).forwards.filter { $0.0 == slow }.count
        #expect(rest > 0)
        bench.sleep(60_000)
        #expect(
            bench.handle(.timePassed).contains {
                if case .report(.childKeepsUp(_, let left)) = $0 {
                    left == gaps.reduce(0) { $0 + $1.count }
                } else {
                    false
                }
            })
    }

    @Test func `to a parent is never left behind`() {
        let bench = bench {
            $0.lagPolicy = .gap
            $0.limits.lagBytes = 5000
        }
        let link = Link(
            connection: ConnectionID(900), serial: 9, role: .parent,
            kind: .node(Origin(node: NodeID(3), incarnation: Incarnation(1))), attempt: AttemptID(1),
            contact: Contact(address: Address(host: "p", port: 3)), size: 1, at: Instant(nanoseconds: 0))
        link.sending.begin(at: LogPosition(0), until: LogPosition(0))
        let hasSentAll = link.sending.hasJustSentAll()
        #expect(hasSentAll)
        #expect(bench.node.isWaitedFor(link))
    }
}

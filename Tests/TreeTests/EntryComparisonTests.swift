import Testing

@testable import Tree

/// Two nodes that have different entries under one id find that out (docs/protocol.md#entries-that-differ).
@Suite struct EntryComparisonTests {
    private static let origin = Origin(node: NodeID(9), incarnation: Incarnation(1))

    private static func entry(_ sequence: UInt64, _ text: String = "m", at stamp: UInt64? = nil) -> Entry {
        Entry(
            origin: origin, sequence: sequence, stamp: Stamp(stamp ?? sequence),
            body: .activity(Activity(sender: "x", text: Array(text.utf8), retry: nil)))
    }

    /// A parent and its child, each of which has got entries by another link.
    private final class Pair {
        let nodes: [Node]
        private(set) var reports: [[Notice]] = [[], []]
        private(set) var messages = 0
        private let link = ConnectionID(1)
        private var milliseconds: UInt64 = 1_000_000

        init(_ parents: [Entry], _ childs: [Entry]) {
            var nodes: [Node] = []
            for (id, entries) in [(UInt64(1), parents), (2, childs)] {
                var configuration = Configuration(
                    origin: Origin(node: NodeID(id), incarnation: Incarnation(1)),
                    address: Address(host: "h", port: UInt16(id)), ownSecret: Secret("s"), parentSecret: Secret("s"),
                    parent: nil, randomSeed: id, digest: { SecretDigest(high: 0, low: UInt64($0.text.utf8.count)) })
                configuration.asksClock = false
                configuration.limits.idleExchange = .milliseconds(100)
                let node = Node(
                    configuration: configuration, format: PlainLines(),
                    at: Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wallMilliseconds: 1_000_000))
                let feeder = Self.link(ConnectionID(7), .child, Origin(node: NodeID(7), incarnation: Incarnation(1)))
                _ = node.add(feeder)
                var effects: [Effect] = []
                for entry in entries {
                    node.handle(
                        .received(ConnectionID(7), .entry(entry, hop: 0)), at: Self.moment(1000), into: &effects)
                }
                node.handle(.turnEnded, at: Self.moment(1000), into: &effects)
                node.handle(.closed(ConnectionID(7)), at: Self.moment(1000), into: &effects)
                nodes.append(node)
            }
            self.nodes = nodes
            _ = nodes[0].add(Self.link(link, .child, nodes[1].origin))
            _ = nodes[1].add(Self.link(link, .parent, nodes[0].origin))
        }

        private static func link(_ connection: ConnectionID, _ role: Link.Role, _ origin: Origin) -> Link {
            let link = Link(
                connection: connection, serial: 1, role: role, kind: .node(origin), attempt: AttemptID(1),
                contact: Contact(node: origin.node, address: Address(host: "n", port: 1)), size: 1,
                at: Instant(nanoseconds: 1_000_000_000_000))
            _ = link.sending.hasJustSentAll()
            link.receiving.receivedAll()
            return link
        }

        private static func moment(_ seconds: UInt64) -> Moment {
            Moment(instant: Instant(nanoseconds: seconds * 1_000_000_000), wallMilliseconds: seconds * 1000)
        }

        /// The child shows what it has, and both compare until nothing is left.
        func exchange() {
            var waiting: [[Message]] = [[], []]
            milliseconds += 200
            _ = run(0, [], .timePassed)
            waiting[0] = run(1, [], .timePassed)
            repeat {
                waiting[1] = run(0, waiting[0])
                waiting[0] = run(1, waiting[1])
            } while !waiting[0].isEmpty || !waiting[1].isEmpty
        }

        private func run(_ index: Int, _ incoming: [Message], _ first: Event? = nil) -> [Message] {
            var effects: [Effect] = []
            let moment = Moment(
                instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: milliseconds)
            if let first { nodes[index].handle(first, at: moment, into: &effects) }
            for message in incoming { nodes[index].handle(.received(link, message), at: moment, into: &effects) }
            nodes[index].handle(.turnEnded, at: moment, into: &effects)
            for case .report(let notice) in effects { reports[index].append(notice) }
            let sent = effects.sent(on: link).filter { if case .compareEntries = $0 { true } else { false } }
            messages += sent.count
            return sent
        }

        /// The entries that a node has found to differ, by sequence.
        func conflicts(_ index: Int) -> [UInt64] {
            reports[index].compactMap { notice in
                guard case .entriesDiffer(_, let origin, let sequence) = notice else { return nil }
                #expect(origin == EntryComparisonTests.origin)
                return sequence
            }.sorted()
        }
    }

    @Test func whereAllAgreeOneMessageIsEnough() {
        let entries = (1...1000).map { Self.entry($0) }
        let pair = Pair(entries, entries)
        pair.exchange()
        #expect(pair.messages == 1)
        #expect(pair.conflicts(0) == [] && pair.conflicts(1) == [])
        pair.exchange()
        #expect(pair.messages == 1, "what was shown isn't shown again")
    }

    @Test func bothSidesFindTheEntriesThatDiffer() {
        let theirs = (1...1000).map { Self.entry($0, [7, 500, 501].contains($0) ? "other" : "m") }
        let pair = Pair((1...1000).map { Self.entry($0) }, theirs)
        pair.exchange()
        #expect(pair.conflicts(0) == [7, 500, 501])
        #expect(pair.conflicts(1) == [7, 500, 501])
        #expect(pair.nodes.map(\.status.counts.conflictingEntries) == [3, 3])
        #expect(pair.messages < 40)
    }

    @Test func ofEntriesThatOnlyOneSideHasNothingIsSaid() {
        let pair = Pair((1...10).map { Self.entry($0) }, (1...20).map { Self.entry($0) })
        pair.exchange()
        #expect(pair.messages == 1)
        #expect(pair.conflicts(0) == [])
    }

    @Test func whoseDigestsNeverAgreeIsNotReadForWithoutEnd() {
        let bench = NodeBench()
        let liar = bench.child(7)
        for sequence in 1...2000 { bench.handle(.received(liar, .entry(Self.entry(UInt64(sequence)), hop: 0))) }
        let range = EntryRange(origin: Self.origin, from: 1, through: 2000, digest: 1)
        func answers() -> Int {
            let effects = bench.handle(.received(liar, .compareEntries(Array(repeating: range, count: 64))))
            return effects.sent(on: liar).reduce(0) {
                if case .compareEntries(let ranges) = $1 { $0 + ranges.count } else { $0 }
            }
        }
        bench.node.compareEntries(on: bench.node.links[liar]!)
        #expect((1...64).contains(answers()))
        for _ in 0..<10 { _ = answers() }
        #expect(answers() == 0, "until the next exchange")
        bench.node.compareEntries(on: bench.node.links[liar]!)
        #expect(answers() > 0)
    }

    @Test func aConflictIsToldOnceByLink() {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.handle(.received(child, .entry(Self.entry(1), hop: 0)))
        bench.node.compareEntries(on: bench.node.links[child]!)
        let range = EntryRange(origin: Self.origin, from: 1, through: 1, digest: 1)
        var reports = 0
        for _ in 0..<5 {
            for case .report(.entriesDiffer) in bench.handle(.received(child, .compareEntries([range]))) {
                reports += 1
            }
        }
        #expect(reports == 1)
    }

    @Test func rangesThatCantBeAreIgnored() {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.handle(.received(child, .entry(Self.entry(1), hop: 0)))
        bench.node.compareEntries(on: bench.node.links[child]!)
        for (from, through) in [(0, 1), (2, 1), (1, .max), (1, 1 << 61)] as [(UInt64, UInt64)] {
            let range = EntryRange(origin: Self.origin, from: from, through: through, digest: 1)
            #expect(bench.handle(.received(child, .compareEntries([range]))).sent(on: child) == [])
        }
    }

    @Test func anEntryThatComesTwiceWithOtherBodiesIsFoundOut() {
        let bench = NodeBench()
        let (first, second) = (bench.child(7), bench.child(8))
        bench.handle(.received(first, .entry(Self.entry(1), hop: 0)))
        #expect(bench.handle(.received(second, .entry(Self.entry(1), hop: 0))).allSatisfy { !$0.isAlarm })
        let effects = bench.handle(.received(second, .entry(Self.entry(1, "other"), hop: 0)))
        #expect(effects.count { $0.isAlarm } == 1)
        #expect(bench.node.log.count == 1)
        #expect(bench.node.conflictCount == 1)
    }
}

extension Effect {
    fileprivate var isAlarm: Bool { if case .report(.entriesDiffer) = self { true } else { false } }
}

import Testing

@testable import Tree

/// How much work a neighbour may cause (docs/hostile.md#nodes-that-lie-or-stand-still).
@Suite struct PeerRatesTests {
    private func origin(_ id: UInt64) -> Origin { Origin(node: NodeID(id), incarnation: Incarnation(1)) }

    private func announcement(_ number: Int) -> Message {
        .serverAnnounce(
            Announcement(id: "\(number)", node: nil, address: Address(host: "h", port: 1), load: 1, version: nil))
    }

    @Test func announcementsOfServersArePassedOnAtARate() {
        let bench = NodeBench()
        let (loud, other) = (bench.child(7), bench.child(8))
        var passed = 0
        func announce(_ count: Int) {
            for number in 0..<count {
                passed += bench.handle(.received(loud, announcement(number))).sent(on: other).count
            }
        }
        announce(1000)
        #expect(passed == Limits.announcementRate.burst)
        bench.wait(500)
        passed = 0
        announce(1000)
        #expect((30...34).contains(passed))
    }

    private func entry(_ id: UInt64) -> Message {
        .entry(
            Entry(
                origin: origin(id), sequence: 1, stamp: Stamp(1),
                body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil))), hop: 0)
    }

    @Test func whoBringsEntriesOfMoreOriginsThanNodesStartIsDropped() {
        let bench = NodeBench()
        let liar = bench.child(7)
        let burst = Limits.originRate.burst
        for number in 0..<burst {
            #expect(!bench.handle(.received(liar, entry(1000 + UInt64(number)))).closes(liar))
        }
        #expect(bench.handle(.received(liar, entry(1))).closes(liar))
        #expect(bench.node.log.origins.origins.count == burst + 1)
        #expect(bench.node.status.counts.brokenStreams == 1)
    }

    @Test func gapsOfNewOriginsCountAsWell() {
        let bench = NodeBench()
        let liar = bench.child(7)
        var closed = 0
        for number in 0..<Limits.originRate.burst + 10 where closed == 0 {
            let gap = Log.Gap(origin: origin(1000 + UInt64(number)), from: 1, through: 5)
            if bench.handle(.received(liar, .gap(gap, stamp: .zero))).closes(liar) { closed = number }
        }
        #expect(closed == Limits.originRate.burst)
    }

    @Test func whoFetchesAccountsTooFastOrTakesNoneGetsNone() {
        let bench = NodeBench()
        let child = bench.child(7)
        var accounts: [AccountRecord] = []
        for number in 0..<1000 {
            let version = AccountVersion(stamp: Stamp(1), origin: origin(3))
            accounts.append(AccountRecord(Account(name: "n\(number)", hash: "h", registered: version)))
        }
        bench.handle(.received(child, .accounts(accounts, isAnswer: false)))
        let digests = accounts.map(\.digest)
        func fetched() -> Int {
            bench.handle(.received(child, .fetchAccounts(.all, digests))).sent(on: child).reduce(0) {
                if case .accounts(let records, _) = $1 { $0 + records.count } else { $0 }
            }
        }
        #expect(fetched() == 1000)
        bench.handle(.congested(child))
        #expect(fetched() == 0)
        bench.handle(.drained(child))
        var answered = 0
        for _ in 0..<2000 where fetched() > 0 { answered += 1 }
        #expect((990...1010).contains(answered))
        bench.wait(1000)
        #expect(fetched() == 1000)
    }
}

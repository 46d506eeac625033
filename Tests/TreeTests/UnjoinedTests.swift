import Testing

@testable import Tree

/// A node whose configured parent can't be had (docs/protocol.md#attaching).
@Suite struct UnjoinedTests {
    private let parent = Address(host: "p", port: 1)

    private func dials(_ effects: [Effect]) -> [AttemptID] {
        effects.compactMap { effect in
            if case .connect(let attempt, let address, _) = effect, address == parent { attempt } else { nil }
        }
    }

    /// Lets time pass at a node whose parent can't be had for a reason; what it reported, and when it tried.
    private func fail(
        _ bench: NodeBench, seconds: UInt64, _ answer: (AttemptID) -> [Effect]
    ) -> (notices: [Notice], tries: [UInt64]) {
        var notices: [Notice] = []
        var tries: [UInt64] = []
        let begin = bench.milliseconds
        for _ in 0..<(seconds * 100) {
            var open = bench.wait(10)
            while !open.isEmpty {
                notices += open.compactMap { if case .report(let notice) = $0 { notice } else { nil } }
                let attempts = dials(open)
                open = []
                for attempt in attempts {
                    tries.append(bench.milliseconds - begin)
                    open += answer(attempt)
                }
            }
        }
        return (notices, tries)
    }

    private func refuse(_ bench: NodeBench, _ refusal: Refusal) -> (AttemptID) -> [Effect] {
        { attempt in
            let up = bench.newConnection()
            return bench.handle(.connected(attempt, up)) + bench.handle(.received(up, .authenticationFail(refusal)))
        }
    }

    @Test func itSaysWhyInItsStatusFromItsStart() {
        let bench = NodeBench(parent: parent)
        #expect(bench.node.status.trouble?.parent == parent)
        _ = fail(bench, seconds: 1) { bench.handle(.connectFailed($0, why: .noSuchHost)) }
        #expect(bench.node.status.trouble?.info.contains("host name") == true)
    }

    @Test(arguments: [
        (Refusal(reason: .secret, info: "the supplied secret is incorrect: own"), "COPPICE_PARENT_SECRET"),
        // Who says no reason is a server of the base protocol.
        (Refusal(reason: nil, info: "the supplied secret is incorrect: own"), "a server of the base protocol answers"),
        (Refusal(reason: .order, info: "another order"), "another order: check --order"),
        (Refusal(reason: .clock, info: "one clock is ahead"), "one clock is ahead"),
        (Refusal(reason: .loop, info: "this is the node itself"), "-rh and -rp"),
    ])
    func theTrueReasonIsSaidAfterTheWaitAndEachMinute(refusal: Refusal, advice: String) {
        let bench = NodeBench(parent: parent)
        let (notices, _) = fail(bench, seconds: 135, refuse(bench, refusal))
        let first = notices.compactMap { if case .notJoined(let trouble) = $0 { trouble } else { nil } }
        let again = notices.compactMap { if case .unjoined(let trouble, _) = $0 { trouble } else { nil } }
        #expect(first.count == 1 && again.count == 2)
        for trouble in first + again + [bench.node.status.trouble].compactMap(\.self) {
            #expect(trouble.info.contains(advice), "\(trouble.info)")
            #expect(!trouble.info.contains(": own"), "the secret is in \(trouble.info)")
            #expect(trouble.parent == parent)
        }
        #expect(bench.node.status.isRoot, "it serves its clients")
    }

    @Test(arguments: [(true, UInt64(30_000)), (false, 5_000)])
    func pausesBetweenTriesGrow(isRefused: Bool, longest: UInt64) {
        let bench = NodeBench(parent: parent)
        let refusal = Refusal(reason: .secret, info: "no")
        let (_, tries) = fail(bench, seconds: 200) { attempt in
            isRefused ? refuse(bench, refusal)(attempt) : bench.handle(.connectFailed(attempt, why: .refused))
        }
        let late = tries.filter { $0 > 10_500 }
        let pauses = zip(late.dropFirst(), late).map { $0 - $1 }
        #expect(pauses.count > 5)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 + 50 }, "\(pauses)")
        #expect(pauses.first! < 3_000 && pauses.last! > longest - 1_000 && pauses.last! < longest + 1_000, "\(pauses)")
    }

    @Test func whatIsNoNodeIsAskedEverMoreSeldom() {
        let bench = NodeBench(parent: parent)
        let (_, tries) = fail(bench, seconds: 400) { attempt in
            let up = bench.newConnection()
            return bench.handle(.connected(attempt, up)) + bench.handle(.receivedForeign(up, .http))
        }
        let late = tries.filter { $0 > 10_500 }
        let pauses = zip(late.dropFirst(), late).map { $0 - $1 }
        #expect(pauses.last! > 40_000, "\(pauses)")
        #expect(tries.filter { $0 > 200_000 }.count <= 6, "\(tries)")
    }

    @Test func itIsWellAgainOnceItHasAParent() {
        let bench = NodeBench(parent: parent)
        _ = fail(bench, seconds: 20) { bench.handle(.connectFailed($0, why: .refused)) }
        #expect(bench.node.status.trouble != nil)
        let root = Contact(node: NodeID(1), incarnation: Incarnation(1), address: parent)
        let claim = RootClaim(priority: 0, reign: 1, root: root)
        let label = Label(term: 9, root: NodeID(1), depth: 0)
        let (notices, _) = fail(bench, seconds: 8) { attempt in
            let up = bench.newConnection()
            let effects = bench.handle(.connected(attempt, up))
            if effects.sent(on: up).contains(where: { if case .probe = $0 { true } else { false } }) {
                return bench.handle(
                    .received(
                        up, .probed(Probe(secret: nil, sender: root, label: label, claim: claim, clock: .untold))))
            }
            let position = TreePosition(
                label: label, path: [root], heirs: [], siblings: [], uncles: [], claim: claim)
            return bench.handle(
                .received(
                    up,
                    .authenticationSuccess(
                        Acceptance(
                            backup: nil, isRoot: true,
                            member: .init(
                                origin: root.origin!, position: position, size: 2, clock: .untold,
                                stored: VersionVector(), safe: VersionVector())))))
        }
        #expect(notices.contains { if case .joined = $0 { true } else { false } })
        #expect(bench.node.status.trouble == nil)
    }

    @Test func aNodeThatLosesItsTreeLaterIsNotOneOfThese() {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.handle(.closed(child))
        bench.wait(100_000)
        #expect(bench.node.status.trouble == nil)
    }

    // MARK: The asked node

    @Test func whoIsRefusedIsToldOfOnceAMinuteWithAddressAndReason() {
        let bench = NodeBench()
        func told(_ seconds: UInt64, from id: UInt64) -> Int {
            var count = 0
            for _ in 0..<seconds {
                guard case .authenticate(var request) = bench.newcomer(id) else { return -1 }
                request.secret = Secret("wrong")
                let effects = bench.handle(.received(bench.newConnection(), .authenticate(request)))
                for case .report(.refusedNode(let contact, let refusal, _)) in effects {
                    #expect(contact?.address.port == UInt16(id) && refusal.reason == .secret)
                    count += 1
                }
                bench.wait(1000)
            }
            return count
        }
        #expect(told(59, from: 7) == 1)
        #expect(told(10, from: 8) == 1)
        #expect(told(60, from: 7) == 1)
    }

    @Test func manyWhoAreRefusedAreCounted() {
        var notices = RefusalNotices()
        let limits = Limits()
        let begin = Instant(nanoseconds: 1_000_000_000_000)
        func others(_ port: UInt16, _ at: Duration) -> Int? {
            notices.others(than: Address(host: "n", port: port), .secret, limits: limits, at: begin + at)
        }
        for port in 1...16 { #expect(others(UInt16(port), .zero) == 0) }
        for port in 17...30 { #expect(others(UInt16(port), .seconds(1)) == nil) }
        #expect(others(31, .seconds(61)) == 14)
        #expect(others(32, .seconds(61)) == 0)
    }
}

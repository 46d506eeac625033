import Testing

@testable import Tree

/// Two nodes that find out where their accounts differ (docs/protocol.md#accounts).
@Suite struct ReconciliationTests {
    private static func account(_ name: String, _ stamp: UInt64) -> AccountRecord {
        let origin = Origin(node: NodeID(3), incarnation: Incarnation(1))
        return AccountRecord(
            Account(
                name: name, hash: String(repeating: "h", count: 97),
                registered: AccountVersion(stamp: Stamp(stamp), origin: origin)))
    }

    /// A parent and its child, each with accounts of its own, and what they send each other about them.
    private final class Pair {
        let parent: Node
        let child: Node
        private let link = ConnectionID(1)
        private(set) var messages: [Message] = []
        private let moment = Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wallMilliseconds: 1_000_000)

        init(_ parents: [AccountRecord], _ childs: [AccountRecord]) {
            let moment = moment
            func node(_ id: UInt64, _ records: [AccountRecord]) -> Node {
                var accounts = Accounts()
                for record in records { accounts.put(record) }
                var configuration = Configuration(
                    origin: Origin(node: NodeID(id), incarnation: Incarnation(1)),
                    address: Address(host: "h", port: UInt16(id)), ownSecret: Secret("s"), parentSecret: Secret("s"),
                    parent: nil, randomSeed: id, digest: { SecretDigest(high: 0, low: UInt64($0.text.utf8.count)) })
                configuration.asksClock = false
                return Node(configuration: configuration, format: PlainLines(), accounts: accounts, at: moment)
            }
            parent = node(1, parents)
            child = node(2, childs)
            let roles = [(parent, Link.Role.child, child), (child, .parent, parent)]
            for (owner, role, other) in roles {
                let link = Link(
                    connection: link, serial: 1, role: role, kind: .node(other.origin), attempt: AttemptID(1),
                    contact: other.ownContact, size: 1, at: moment.instant)
                _ = link.sending.hasJustSentAll()
                link.receiving.receivedAll()
                _ = owner.add(link)
            }
            child.compareAccounts(with: child.links[0])
        }

        /// Lets each have what the other sends, until nobody sends anything about accounts.
        func exchange() {
            var (toParent, toChild): ([Message], [Message]) = ([], [])
            repeat {
                toParent = run(child, toChild)
                toChild = run(parent, toParent)
                messages += toParent + toChild
            } while !toParent.isEmpty || !toChild.isEmpty
        }

        private func run(_ node: Node, _ incoming: [Message]) -> [Message] {
            var effects: [Effect] = []
            for message in incoming {
                effects += handle(node, .received(link, message))
            }
            effects += handle(node, .turnEnded)
            return effects.sent(on: link).filter { message in
                switch message {
                case .compareAccounts, .comparedAccounts, .fetchAccounts, .accounts: true
                default: false
                }
            }
        }

        private func handle(_ node: Node, _ event: Event) -> [Effect] {
            var effects: [Effect] = []
            node.handle(event, at: moment, into: &effects)
            return effects
        }

        var areEqual: Bool { parent.accountsDigest == child.accountsDigest }

        /// Sums and digests that were sent.
        var hashes: Int {
            messages.reduce(0) { sum, message in
                switch message {
                case .compareAccounts(let ranges): sum + ranges.count
                case .fetchAccounts(_, let digests): sum + digests.count
                case .comparedAccounts(let differences):
                    differences.reduce(sum) { sum, difference in
                        switch difference.content {
                        case .parts(let parts): sum + parts.count
                        case .records(let digests): sum + digests.count
                        }
                    }
                default: sum
                }
            }
        }

        var recordsSent: Int {
            messages.reduce(0) { if case .accounts(let records, _) = $1 { $0 + records.count } else { $0 } }
        }
    }

    @Test func equalStoresCostOneSum() {
        let all = (0..<3000).map { Self.account("user \($0)", UInt64($0 + 1)) }
        let pair = Pair(all, all)
        pair.exchange()
        #expect(pair.hashes == 1)
        #expect(pair.recordsSent == 0)
    }

    @Test func oneDifferenceIsFoundByAFewDozenHashesAndOneRecordIsSent() {
        let all = (0..<3000).map { Self.account("user \($0)", UInt64($0 + 1)) }
        let pair = Pair(all, Array(all.dropLast()))
        pair.exchange()
        #expect(pair.areEqual)
        #expect(pair.recordsSent == 1)
        #expect(pair.hashes < 100)
    }

    @Test func whatEitherSideLacksIsSentAndOfOneNameTheEarlierOwnerStands() {
        let shared = (0..<200).map { Self.account("both \($0)", UInt64($0 + 1)) }
        let pair = Pair(
            shared + (0..<40).map { Self.account("parent \($0)", 5) } + [Self.account("anna", 9)],
            shared + (0..<40).map { Self.account("child \($0)", 5) } + [Self.account("anna", 4)])
        pair.exchange()
        #expect(pair.areEqual)
        #expect(pair.parent.accounts.count == 281)
        #expect(pair.parent.accounts["anna"]?.registered.stamp == Stamp(4))
    }

    @Test(arguments: [true, false]) func whoHasNothingGetsAllOfIt(isParent: Bool) {
        let all = (0..<3000).map { Self.account("user \($0)", UInt64($0 + 1)) }
        let pair = isParent ? Pair([], all) : Pair(all, [])
        pair.exchange()
        #expect(pair.areEqual)
        #expect(pair.child.accounts.count == 3000)
        // In no message more than a link's line may have.
        let most = pair.messages.map { if case .accounts(let records, _) = $0 { records.count } else { 0 } }.max()
        #expect(most! <= Limits().recordsPerMessage)
    }

    @Test func newsGoOnToTheOtherNeighboursAndNotBack() {
        let bench = NodeBench()
        let (one, other) = (bench.child(7), bench.child(8))
        let news = Message.accounts([Self.account("anna", 5)], isAnswer: false)
        let effects = bench.handle(.received(one, news))
        #expect(effects.sent(on: other).contains(news))
        #expect(!effects.sent(on: one).contains(news))
        #expect(!bench.handle(.received(other, news)).sent(on: one).contains(news))
    }

    // MARK: Too much at a time

    @Test func aQuestionForAllAccountsAtATimeIsAnsweredWithNone() {
        let bench = NodeBench { $0.limits.accountsExchanged = 10 }
        for number in 0..<11 { bench.node.learn(Self.account("name \(number)", 5), from: .log) }
        let child = bench.child(7)
        let digests = bench.node.accounts.digests(in: .all)
        func sent(_ message: Message) -> [Int] {
            bench.handle(.received(child, message)).sent(on: child).compactMap {
                if case .accounts(let records, _) = $0 { records.count } else { nil }
            }
        }
        #expect(sent(.fetchAccounts(.all, digests)) == [0])
        bench.node.links[child]?.comparison.asked()
        #expect(sent(.comparedAccounts([AccountDifference(prefix: .all, content: .records([]))])) == [])
        let part = AccountPrefix.all.part(0)
        let few = bench.node.accounts.digests(in: part)
        #expect(sent(.fetchAccounts(part, few)) == [few.count])
    }

    @Test func whoIsAskedAtABadMomentComparesOnceTheLinkCanTakeIt() {
        let bench = NodeBench()
        let child = bench.child(7)
        bench.node.learn(Self.account("anna", 5), from: .log)
        bench.wait(1)
        bench.handle(.congested(child))
        let digests = bench.node.accounts.digests(in: .all)
        #expect(
            bench.handle(.received(child, .fetchAccounts(.all, digests))).sent(on: child)
                == [.accounts([], isAnswer: true)])
        #expect(!bench.wait(100).sent(on: child).contains(where: isComparison))
        #expect(bench.handle(.drained(child)).sent(on: child).filter(isComparison).count == 1)
        let known = AccountDifference(prefix: .all, content: .records([]))
        let sent = bench.handle(.received(child, .comparedAccounts([known]))).sent(on: child)
        #expect(sent == [.accounts([Self.account("anna", 5)], isAnswer: false)])
        #expect(!bench.wait(100).sent(on: child).contains(where: isComparison))
    }

    private func isComparison(_ message: Message) -> Bool {
        if case .compareAccounts = message { true } else { false }
    }

    @Test func aVersionThatLeavesNoRoomForLaterOnesIsNotTakenOver() {
        let bench = NodeBench()
        let child = bench.child(7)
        let hour = Self.account("anna", Stamp(milliseconds: bench.milliseconds + 3_600_000).value)
        let years = Self.account("bert", Stamp.limit.value - 1)
        let effects = bench.handle(.received(child, .accounts([years, hour], isAnswer: false)))
        #expect(bench.node.accounts["anna"] != nil, "some machine's clock was wrong")
        #expect(bench.node.accounts["bert"] == nil)
        #expect(effects.contains { if case .report(.badFrame) = $0 { true } else { false } })
    }
}

import Testing

@testable import Tree

/// What a name may look like, and when two names are one: when they have the same bytes.
@Suite struct NamesTests {
    /// The same to the eye, and to Swift's strings.
    private let one = "andr\u{e9}"
    private let two = "andre\u{301}"

    private func account(_ name: String, _ stamp: UInt64, hash: String = "right") -> AccountRecord {
        let origin = Origin(node: NodeID(7), incarnation: Incarnation(1))
        return AccountRecord(
            Account(name: name, hash: hash, registered: AccountVersion(stamp: Stamp(stamp), origin: origin)))
    }

    private func saved(_ effects: [Effect]) -> [String] {
        effects.flatMap { if case .persist(_, let records) = $0 { records.map(\.name) } else { [] as [String] } }
    }

    @Test func namesThatLookAlikeAreBothSaved() {
        let bench = NodeBench { $0.keepsAccounts = true }
        let child = bench.child(7)
        let effects = bench.handle(.received(child, .accounts([account(one, 5), account(two, 6)], isAnswer: false)))
        #expect(saved(effects).map { Array($0.utf8) } == [one, two].map { Array($0.utf8) })
    }

    @Test func theRemovalOfANameLeavesSessionsOfOneThatLooksAlikeAlone() {
        let bench = NodeBench()
        for name in [one, two] { bench.node.accounts.put(account(name, 5)) }
        var clients: [ConnectionID] = []
        for name in [one, two] {
            let client = bench.newConnection()
            let login = Login(username: name, secret: Secret("right"))
            for case .verify(let ticket, _, _) in bench.handle(.received(client, .login(login))) {
                bench.handle(.verified(ticket, true))
            }
            clients.append(client)
        }
        let child = bench.child(7)
        let removal = Removal(registered: account(one, 5).account!.registered, at: Stamp(milliseconds: 1_000_000))
        let effects = bench.handle(
            .received(child, .accounts([AccountRecord(name: one, removal: removal)], isAnswer: false)))
        #expect(effects.closes(clients[0]))
        #expect(!effects.closes(clients[1]))
    }

    @Test func aClaimOnANameIsNoneOnOneThatLooksAlike() {
        let bench = NodeBench()
        for name in [one, two] {
            let client = bench.newConnection()
            let effects = bench.handle(.received(client, .register(username: name, secret: Secret("s"))))
            #expect(effects.sent(on: client) == [])
        }
        #expect(bench.node.accountChanges.claimCount == 2)
    }

    @Test(arguments: [
        "anna\u{200b}", "\u{202e}anna", "an\u{ad}na", "anna\u{e0041}", "anna\u{fe0f}", "an\u{34f}na", "anna\u{3164}",
        "\u{ffa0}anna", "anna\u{115f}", "anna\u{180b}", "anna\u{17b4}", "anna\u{e0100}", "anna\u{2800}", "an\u{0}na",
        "an\u{2028}na", "an\u{e000}na", "an\u{378}na",
    ])
    func aNameWithACharacterThatCannotBeSeenIsRefused(name: String) {
        let bench = NodeBench()
        let client = bench.newConnection()
        let effects = bench.handle(.received(client, .register(username: name, secret: Secret("s"))))
        #expect(
            effects.sent(on: client) == [.invalidMessage(info: "the username has a character that can't be seen")])
    }

    @Test(arguments: ["anna", "an na", "andr\u{e9}", "andre\u{301}", "Анна", "安娜", "אננה", "🌳", "ไม้"])
    func aNameInAnyWritingIsTaken(name: String) {
        let bench = NodeBench()
        let client = bench.newConnection()
        let effects = bench.handle(.received(client, .register(username: name, secret: Secret("s"))))
        #expect(effects.sent(on: client) == [])
    }
}

import Testing

@testable import Tree

/// What is known of names, and how two stores of it become one (docs/protocol.md#accounts).
@Suite struct AccountsTests {
    private func version(_ stamp: UInt64, _ node: UInt64 = 1) -> AccountVersion {
        AccountVersion(stamp: Stamp(stamp), origin: Origin(node: NodeID(node), incarnation: Incarnation(1)))
    }

    private func registered(_ name: String, _ stamp: UInt64, changed: UInt64? = nil, hash: String = "h")
        -> AccountRecord
    {
        AccountRecord(
            Account(name: name, hash: hash, registered: version(stamp), changed: changed.map { version($0) }))
    }

    private func removed(_ name: String, _ stamp: UInt64, at: UInt64 = 1000) -> AccountRecord {
        AccountRecord(name: name, removal: Removal(registered: version(stamp), at: Stamp(at)))
    }

    private func store(_ records: [AccountRecord]) -> Accounts {
        var accounts = Accounts()
        for record in records { _ = accounts.merge(record) }
        return accounts
    }

    @Test func theHashIsThatOfItsPublishedTestVectors() {
        // Aumasson, Bernstein, appendix A, and the first of the reference implementation's vectors.
        #expect(StableHash.of(0..<15 as Range<UInt8>) == 0xa129_ca61_49be_45e5)
        #expect(StableHash.of([UInt8]()) == 0x726f_db47_dd0e_0e31)
    }

    @Test func theEarlierOfTwoOwnersHasTheNameWhateverTheOrder() {
        let (early, late) = (registered("anna", 5), registered("anna", 9))
        #expect(store([early, late])["anna"] == early.account)
        #expect(store([late, early])["anna"] == early.account)
    }

    @Test func aResetIsNotUndoneByAnOlderOne() {
        let records = [
            registered("anna", 5), registered("anna", 5, changed: 7, hash: "h7"),
            registered("anna", 5, changed: 9, hash: "h9"),
        ]
        #expect(store(records)["anna"]?.hash == "h9")
        #expect(store(records.reversed())["anna"]?.hash == "h9")
    }

    @Test func anOldCopyDoesNotBringARemovedNameBackAndALaterRegistrationDoes() {
        var accounts = store([registered("anna", 5), removed("anna", 5), registered("anna", 5, changed: 8)])
        #expect(accounts["anna"] == nil)
        #expect(accounts.count == 0)
        _ = accounts.merge(registered("anna", 6))
        #expect(accounts["anna"]?.registered == version(6))
        #expect(accounts.merge(registered("anna", 4)) == nil)
    }

    @Test func removalsAreForgottenAfterTheirTime() {
        var accounts = store([removed("anna", 5, at: 100), removed("bert", 5, at: 200), registered("bert", 6)])
        #expect(accounts.forgetRemovals(before: Stamp(100)) == [])
        #expect(accounts.forgetRemovals(before: Stamp(300)).sorted() == ["anna", "bert"])
        #expect(accounts.record(of: "anna") == nil)
        #expect(accounts.record(of: "bert") == registered("bert", 6))
        #expect(accounts.summary(of: .all).count == 1)
    }

    @Test func storesThatTellEachOtherEverythingAgreeAndStayAsTheyAre() {
        var random = RandomNumbers(seed: 7)
        for _ in 0..<300 {
            var stores = (0..<3).map { _ in Accounts() }
            for _ in 0..<12 {
                let name = "n\(random.next() % 2)"
                let stamp = 1 + random.next() % 6
                let record =
                    switch random.next() % 4 {
                    case 0: removed(name, stamp, at: 1 + random.next() % 5)
                    case 1: registered(name, stamp, changed: stamp + random.next() % 5, hash: "x")
                    default: registered(name, stamp)
                    }
                _ = stores[Int(random.next() % 3)].merge(record)
            }
            // Until nobody learns anything: it ends, and then all are equal.
            var rounds = 0
            var changed = true
            while changed {
                changed = false
                rounds += 1
                for (from, to) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
                    for record in stores[from].records(in: .all) where stores[to].merge(record) != nil {
                        changed = true
                    }
                }
            }
            #expect(rounds < 20)
            #expect(Set(stores.map { $0.summary(of: .all) }).count == 1)
        }
    }

    @Test func theSumOfAPrefixIsThatOfItsPartsDownToTheRecords() throws {
        let accounts = store(
            (0..<5000).map { registered("user \($0)", UInt64($0 + 1), hash: String(repeating: "x", count: 97)) })
        #expect(accounts.count == 5000)
        var prefix = AccountPrefix.all
        while prefix.length < 6 {
            let parts = accounts.parts(of: prefix)
            var sum = AccountSummary.none
            for (digit, part) in parts.enumerated() {
                #expect(part == accounts.summary(of: prefix.part(digit)))
                sum += part
            }
            #expect(sum == accounts.summary(of: prefix))
            #expect(accounts.digests(in: prefix).count == sum.count)
            #expect(accounts.records(in: prefix).count == sum.count)
            prefix = prefix.part(try #require(parts.firstIndex { $0.count > 0 }))
        }
    }

    @Test func whatIsReplacedAgainAndAgainTakesNoMoreRoom() {
        var accounts = Accounts()
        for change in 1...2000 as ClosedRange<UInt64> {
            _ = accounts.merge(registered("anna", 1, changed: change, hash: String(repeating: "y", count: 90)))
        }
        #expect(accounts["anna"]?.changed == version(2000))
        #expect(accounts.summary(of: .all) == store([accounts.record(of: "anna")!]).summary(of: .all))
        #expect(accounts.bytesInUse < 4096 + 200_000)
    }

    @Test func aNameOrHashThatCannotBeKeptIsRefused() {
        var accounts = Accounts()
        #expect(accounts.merge(registered("", 1)) == nil)
        #expect(accounts.merge(registered(String(repeating: "n", count: 256), 1)) == nil)
        #expect(accounts.merge(registered("n", 1, hash: String(repeating: "h", count: 256))) == nil)
        #expect(accounts.summary(of: .all) == .none)
    }

    @Test func aSpellingIsKeptBesideTheName() {
        let spelled = AccountRecord(
            Account(name: "anna", spelling: "Anna", hash: "h", registered: version(5), changed: version(7)))
        var accounts = store([spelled, registered("ben", 5), removed("anna", 3)])
        #expect(accounts["anna"] == spelled.account)
        #expect(accounts.record(of: "anna")?.removal != nil)
        #expect(accounts["Anna"] == nil && accounts["ben"]?.spelling == nil)
        // One that comes by a node that keeps no spellings takes none away, and the sums are those of before.
        let bare = registered("anna", 5, changed: 7)
        #expect(accounts.merge(bare) == nil)
        #expect(store([bare, spelled]).summary(of: .all) == store([spelled, bare]).summary(of: .all))
        #expect(store([bare]).summary(of: .all) != store([spelled]).summary(of: .all))
    }

    @Test func aSpellingThatIsTooLongIsNotTaken() {
        let long = Account(
            name: "n", spelling: String(repeating: "N", count: 256), hash: "h", registered: version(1))
        #expect(store([AccountRecord(long)]).count == 0)
    }
}

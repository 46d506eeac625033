import Foundation
import Testing
import Tree

@testable import Store

/// The file of accounts.
@Suite struct AccountStoreTests {
    /// A folder that is removed after the test.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/coppice-store-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var file: String { path + "/accounts.sqlite" }
    }

    private func version(_ stamp: UInt64, node: UInt64 = 7) -> AccountVersion {
        AccountVersion(
            stamp: Stamp(stamp), origin: Origin(node: NodeID(node), incarnation: Incarnation(1_700_000_000_000)))
    }

    private func account(_ name: String, _ stamp: UInt64 = 1, hash: String = "$argon2id$…") -> AccountRecord {
        AccountRecord(Account(name: name, hash: hash, registered: version(stamp)))
    }

    private func all(_ store: AccountStore) throws -> [AccountRecord] {
        var records: [AccountRecord] = []
        _ = try store.load { records.append($0) }
        return records
    }

    @Test func savedRecordsAreThereWhenTheFileIsOpenedAgain() throws {
        let folder = try Folder()
        let reset = Account(
            name: "münchen 👋", hash: "h2", registered: version(.max >> 1, node: .max), changed: version(9))
        let removed = AccountRecord(name: "gone", removal: Removal(registered: version(3), at: Stamp(5)))
        let back = AccountRecord(
            name: "back", account: Account(name: "back", hash: "h", registered: version(6)),
            removal: Removal(registered: version(2), at: Stamp(4)))
        try AccountStore(folder.file).save([account("anna"), AccountRecord(reset), removed, back])
        let store = try AccountStore(folder.file)
        #expect(try all(store) == [account("anna"), back, removed, AccountRecord(reset)])
        #expect(try store.count() == 3)
        #expect(try store.record(of: "gone") == removed)
        #expect(try store.record(of: "nobody") == nil)
    }

    @Test func aRecordReplacesTheOneBeforeAndAnEmptyOneDeletesIt() throws {
        let folder = try Folder()
        let store = try AccountStore(folder.file)
        try store.save([account("anna", 5), account("bert", 5)])
        try store.save([account("anna", 3), AccountRecord(name: "bert")])
        #expect(try all(store) == [account("anna", 3)])
    }

    @Test func aBatchThatDoesNotFitChangesNothingAndTheNextOneMaySucceed() throws {
        let folder = try Folder()
        let store = try AccountStore(folder.file)
        try store.save([account("before")])
        let database = try #require(Mirror(reflecting: store).descendant("database") as? Database)
        try database.run("PRAGMA max_page_count = 8")
        let many = (0..<1000).map { account("user \($0)", hash: String(repeating: "x", count: 97)) }
        let failure = #expect(throws: StoreError.self) { try store.save(many) }
        #expect(failure?.description == "\(folder.file): database or disk is full")
        #expect(try all(store) == [account("before")])
        try database.run("PRAGMA max_page_count = 10000")
        try store.save(many)
        #expect(try store.count() == 1001)
    }

    @Test func aRecordThatDoesNotMatchItsChecksumIsSetAsideAndItsPlaceIsFree() throws {
        let folder = try Folder()
        let store = try AccountStore(folder.file)
        try store.save([account("anna"), account("bert")])
        store.close()
        try Database(folder.file).run("UPDATE accounts SET hash = 'other', name = 'annb' WHERE name = 'anna'")
        let again = try AccountStore(folder.file)
        let failure = #expect(throws: StoreError.self) { _ = try again.record(of: "annb") }
        #expect(failure?.kind == .damagedRecord && failure?.description.contains("the record of annb") == true)
        var found: [AccountRecord] = []
        #expect(try again.load { found.append($0) } == ["annb"])
        #expect(found == [account("bert")])
        #expect(try again.record(of: "annb") == nil)
        try again.save([account("anna"), account("annb")])
        #expect(try all(again) == [account("anna"), account("annb"), account("bert")])
        again.close()
        let aside = try Database(folder.file)
        #expect(try aside.number("SELECT count(*) FROM damaged_accounts WHERE hash = 'other'") == 1)
    }

    @Test(arguments: [1, 2])
    func aFileOfAnEarlierVersionGetsWhatItLacks(version: Int) throws {
        let folder = try Folder()
        let store = try AccountStore(folder.file)
        try store.save([
            account("anna"), AccountRecord(name: "gone", removal: Removal(registered: self.version(3), at: Stamp(5))),
        ])
        store.close()
        let before = try Database(folder.file)
        try before.run("ALTER TABLE accounts DROP COLUMN spelling")
        if version == 1 { try before.run("ALTER TABLE accounts DROP COLUMN checksum") }
        if version == 2 { try before.run("CREATE TABLE damaged_accounts AS SELECT * FROM accounts") }
        try before.run("PRAGMA user_version = \(version)")
        before.close()
        let after = try AccountStore(folder.file)
        #expect(try all(after).map(\.name) == ["anna", "gone"])
        try after.save([spelled])
        #expect(try after.record(of: "ben") == spelled)
        after.close()
        let changed = try Database(folder.file)
        #expect(try changed.number("SELECT count(*) FROM accounts WHERE checksum IS NULL") == 0)
        #expect(try changed.number("PRAGMA user_version") == 3)
        guard version == 2 else { return }
        #expect(try changed.number("SELECT count(*) FROM damaged_accounts WHERE spelling IS NULL") == 2)
    }

    private var spelled: AccountRecord {
        AccountRecord(Account(name: "ben", spelling: "Ben", hash: "h", registered: version(7)))
    }

    @Test func aSpellingIsKeptAndChecked() throws {
        let folder = try Folder()
        let store = try AccountStore(folder.file)
        try store.save([spelled])
        #expect(try all(store) == [spelled])
        store.close()
        let other = try Database(folder.file)
        try other.run("UPDATE accounts SET spelling = 'Bob'")
        other.close()
        let after = try AccountStore(folder.file)
        #expect(try after.load { _ in } == ["ben"])
        #expect(try all(after).isEmpty)
    }

    @Test func aFileThatIsNoDatabaseIsNamedAndLeftAlone() throws {
        let folder = try Folder()
        let text = String(repeating: "no database at all. ", count: 100)
        try text.write(toFile: folder.file, atomically: false, encoding: .utf8)
        let failure = #expect(throws: StoreError.self) { _ = try AccountStore(folder.file) }
        #expect(failure?.kind == .damaged)
        #expect(failure?.description.hasPrefix("\(folder.file) is damaged") == true)
        #expect(try String(contentsOfFile: folder.file, encoding: .utf8) == text)
    }

    @Test func aDamagedPageIsNoticedWhenTheAccountsAreLoaded() throws {
        let folder = try Folder()
        do {
            let store = try AccountStore(folder.file)
            try store.save((0..<500).map { account("user \($0)", hash: String(repeating: "x", count: 97)) })
        }
        let handle = try #require(FileHandle(forUpdatingAtPath: folder.file))
        for page in 2...12 {
            try handle.seek(toOffset: UInt64(page * 4096))
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try handle.close()
        let failure = #expect(throws: StoreError.self) { _ = try all(AccountStore(folder.file)) }
        #expect(failure?.kind == .damaged)
    }

    @Test func aFileThatWasCutShortIsNoticedWhereverItWasCut() throws {
        let folder = try Folder()
        try AccountStore(folder.file).save(
            (0..<50).map { account("user \($0)", hash: String(repeating: "x", count: 97)) })
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        for count in stride(from: 4096, to: whole.count, by: 1000) {
            try whole.prefix(count).write(to: URL(fileURLWithPath: folder.file))
            let failure = #expect(throws: StoreError.self, "cut to \(count)") { _ = try AccountStore(folder.file) }
            #expect(failure?.kind == .damaged)
        }
    }

    @Test func aDatabaseOfAnotherProgramIsLeftAlone() throws {
        let folder = try Folder()
        try Database(folder.file).run("CREATE TABLE bookmarks (address TEXT)")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        let failure = #expect(throws: StoreError.self) { _ = try AccountStore(folder.file) }
        #expect(failure?.description == "\(folder.file) is the database of another program (it has other tables)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == before)
    }

    @Test func aFileOfALaterVersionIsLeftAlone() throws {
        let folder = try Folder()
        try Database(folder.file).run("PRAGMA user_version = 99")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        let failure = #expect(throws: StoreError.self) { _ = try AccountStore(folder.file) }
        #expect(failure?.kind == .tooNew)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == before)
    }
}

import Foundation
import Testing
import UV

@testable import Host
@testable import Tree

/// The disk returns other bytes than were written. A node must believe nothing that is wrong in any of its files.
@Suite struct FlippedBitsTests {
    private struct Kept {
        let contacts: [Contact]
        let records: [String: AccountRecord]
        let origin: Origin
    }

    private func record(_ number: Int) -> AccountRecord {
        let version = AccountVersion(
            stamp: Stamp(UInt64(number + 1) << 40), origin: Origin(node: NodeID(9), incarnation: Incarnation(3)))
        let name = "user \(number)"
        if number % 7 == 0 {
            return AccountRecord(name: name, removal: Removal(registered: version, at: Stamp(77 << 40)))
        }
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$" + String(repeating: "c2FsdA", count: 10)
        return AccountRecord(Account(name: name, hash: hash, registered: version))
    }

    private func inFolder(_ story: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/coppice-flips-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try story(folder)
    }

    /// - Parameter closes: whether the accounts are in the file itself, or still in the log beside it.
    private func fill(_ folder: String, closes: Bool) throws -> (Kept, files: [String: Data]) {
        let directory = try DataDirectory(folder)
        defer { directory.release() }
        let origin = try directory.beginLife(newID: NodeID(50), wallMilliseconds: 1000)
        let (store, _) = try directory.openAccounts()
        let records = (0..<200).map(record)
        try store.save(records)
        let contacts = (1...20).map {
            Contact(
                node: NodeID(UInt64($0)), incarnation: Incarnation(1), address: Address(host: "host\($0)", port: 3780))
        }
        #expect(directory.saving(contacts)() == nil)
        if closes { store.close() }
        var files: [String: Data] = [:]
        for name in ["identity", "known-nodes", "accounts.sqlite", "accounts.sqlite-wal"] {
            files[name] = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        if !closes { store.close() }
        let byName = Dictionary(uniqueKeysWithValues: records.map { ($0.name, $0) })
        return (Kept(contacts: contacts, records: byName, origin: origin), files)
    }

    /// One life of a node in a folder with these files, and what it believes of them.
    private func live(
        _ folder: String, _ files: [String: Data]
    ) throws -> (origin: Origin, contacts: [Contact], accounts: [AccountRecord], findings: [String]) {
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, data) in files { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let directory = try DataDirectory(folder)
        defer { directory.release() }
        let origin = try directory.beginLife(newID: NodeID(60), wallMilliseconds: 1000)
        let contacts = directory.savedContacts()
        let (store, accounts) = try directory.openAccounts()
        defer { store.close() }
        // Records that were set aside don't keep others from being saved.
        try store.save([record(1), record(2)])
        var found: [AccountRecord] = []
        _ = try store.load { found.append($0) }
        #expect(found.filter { $0.name == "user 1" } == [record(1)])
        return (origin, contacts, (0..<200).compactMap { accounts.record(of: "user \($0)") }, directory.findings)
    }

    private func check(_ kept: Kept, _ life: (Origin, [Contact], [AccountRecord], [String]), _ what: String) {
        let (origin, contacts, accounts, findings) = life
        #expect(origin.node == kept.origin.node || origin.node == NodeID(60), "\(what): \(origin)")
        #expect(contacts.allSatisfy { kept.contacts.contains($0) }, "\(what): \(contacts)")
        for record in accounts { #expect(record == kept.records[record.name], "\(what)") }
        let isWhole = origin.node == kept.origin.node && contacts == kept.contacts && accounts.count == 200
        #expect(isWhole || what.contains("-wal") || !findings.isEmpty, "\(what): something is lost without a word")
    }

    @Test(arguments: [true, false]) func noRecordWithAFlippedBitIsBelieved(closes: Bool) throws {
        try inFolder { folder in
            let (kept, files) = try fill(folder, closes: closes)
            check(kept, try live(folder, files), "nothing is damaged")
            var random = SystemRandomNumberGenerator()
            for (name, data) in files where !data.isEmpty {
                for _ in 0..<25 {
                    let bit = Int.random(in: 0..<data.count * 8, using: &random)
                    var damaged = files
                    damaged[name]![bit / 8] ^= 1 << (bit % 8)
                    check(kept, try live(folder, damaged), "\(name), bit \(bit)")
                }
            }
        }
    }

    @Test func noFileThatWasCutShortIsBelieved() throws {
        try inFolder { folder in
            let (kept, files) = try fill(folder, closes: false)
            for (name, data) in files where !data.isEmpty {
                for part in 0..<25 {
                    var damaged = files
                    damaged[name] = data.prefix(data.count * part / 25)
                    check(kept, try live(folder, damaged), "\(name), cut to \(data.count * part / 25)")
                }
            }
        }
    }
}

import Glibc
import Host
import Store
import Tree
import UV

/// The files in the data directory of a node, as one life has left them, and what another life believes of them when a
/// disk has damaged some.
struct NodeFiles {
    /// Made once, since each life waits for the disk.
    static let shared = NodeFiles()

    private static let names = ["identity", "known-nodes", "bans", "accounts.sqlite", "accounts.sqlite-wal"]
    private static let origin = Origin(node: NodeID(50), incarnation: Incarnation(1000))
    private static let newID = NodeID(60)
    private static let contacts = (1...6).map {
        Contact(node: NodeID($0), incarnation: Incarnation(1), address: Address(host: "host\($0)", port: 3780))
    }
    static let bans = (1...4).map {
        BanRecord(target: .name("user \($0)"), version: version($0), until: UInt64($0) << 40, reason: "noise")
    }
    private static let records = (0..<24).map { record($0) }

    private static func version(_ number: UInt64) -> AccountVersion {
        AccountVersion(
            stamp: Stamp((number + 1) << 40), origin: Origin(node: NodeID(9), incarnation: Incarnation(3)))
    }

    private static func record(_ number: UInt64) -> AccountRecord {
        let name = "user \(number)"
        if number % 7 == 0 {
            return AccountRecord(name: name, removal: Removal(registered: version(number), at: Stamp(77 << 40)))
        }
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$" + String(repeating: "c2FsdA", count: 10)
        return AccountRecord(Account(name: name, hash: hash, registered: version(number)))
    }

    /// The files with the accounts in their file, and with the accounts in the log beside it.
    private let closed: [String: [UInt8]]
    private let open: [String: [UInt8]]

    private init() {
        do {
            closed = try Self.filled(closes: true)
            open = try Self.filled(closes: false)
        } catch {
            fatalError("\(error)")
        }
    }

    private static func filled(closes: Bool) throws -> [String: [UInt8]] {
        try Folder.with { folder in
            let directory = try DataDirectory(folder.path)
            defer { directory.release() }
            _ = try directory.beginLife(newID: origin.node, wallMilliseconds: origin.incarnation.value)
            let (store, _) = try directory.openAccounts()
            try store.save(records)
            if let error = directory.saving(contacts)() ?? directory.saving(bans: bans)() { throw error }
            if closes { store.close() }
            var files: [String: [UInt8]] = [:]
            for name in names where Files.exists(folder.path + "/" + name) {
                files[name] = try Files.read(folder.path + "/" + name)
            }
            if !closes { store.close() }
            return files
        }
    }

    /// - Returns: what is believed and wrong; nil if nothing is.
    func fault(_ script: inout Script) -> String? {
        var files = script.byte() & 1 == 0 ? closed : open
        var damages: [String] = []
        while !script.isEmpty, damages.count < 3 {
            let name = Self.names[script.byte() % Self.names.count]
            // The identity stands there twice, so that one flipped bit is noticed. The known nodes of earlier versions
            // have no checksum: whoever cuts it off and changes the rest isn't noticed.
            let damage = Damage(&script, mostFlips: name == "identity" ? 1 : 4)
            guard let bytes = files[name], !damages.contains(where: { $0.hasPrefix("\(name):") }) else { continue }
            files[name] = damage.done(to: bytes)
            if files[name] != bytes { damages.append("\(name): \(damage)") }
        }
        do {
            return try Folder.with { folder in
                for (name, bytes) in files { try Files.create(folder.path + "/" + name, with: bytes) }
                return try Self.fault(
                    in: folder, isDamaged: !damages.isEmpty, losesLog: damages.contains { $0.contains("-wal") })
            }.map { "\(damages): \($0)" }
        } catch {
            return "\(damages): \(error)"
        }
    }

    /// One life with these files.
    private static func fault(in folder: Folder, isDamaged: Bool, losesLog: Bool) throws -> String? {
        let directory = try DataDirectory(folder.path)
        defer { directory.release() }
        let life = try directory.beginLife(newID: newID, wallMilliseconds: 1000)
        let contacts = directory.savedContacts()
        let bans = directory.savedBans()
        let (store, accounts) = try directory.openAccounts()
        defer { store.close() }
        guard life.node == origin.node || life.node == newID else { return "it is \(life)" }
        if life.node == origin.node, life.incarnation <= origin.incarnation { return "it lives again as \(life)" }
        if let wrong = contacts.first(where: { !self.contacts.contains($0) }) { return "it knows \(wrong)" }
        if let wrong = bans.first(where: { !self.bans.contains($0) }) { return "it bans \(wrong)" }
        var kept = 0
        for record in records {
            guard let read = accounts.record(of: record.name) else { continue }
            guard read == record else { return "it takes \(read) for \(record)" }
            kept += 1
        }
        let isWhole =
            life.node == origin.node && contacts == self.contacts && bans == self.bans && kept == records.count
        if !isDamaged, !isWhole || !directory.findings.isEmpty {
            return "nothing is damaged, and \(directory.findings)"
        }
        // Of a log that was cut nobody knows what it had. Bans that are missing altogether are nobody's loss either.
        if !isWhole, !losesLog, bans == self.bans, directory.findings.isEmpty {
            return "something is lost without a word"
        }
        // What was set aside doesn't keep others from being saved.
        try store.save([record(1), record(2)])
        guard try store.record(of: "user 1") == record(1) else { return "nothing can be saved" }
        return nil
    }
}

/// A folder that is there for the length of a call.
struct Folder {
    let path: String

    /// - Parameter body: whatever it leaves in the folder is removed.
    static func with<Result>(_ body: (Folder) throws -> Result) throws -> Result {
        let above = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let folder = Folder(path: "\(above)/coppice-files-\(UInt64.random(in: 0 ... .max))")
        try Files.makeFolder(folder.path)
        defer { folder.remove() }
        return try body(folder)
    }

    private func remove() {
        guard let listing = opendir(path) else { return }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(path + "/" + name)
        }
        closedir(listing)
        rmdir(path)
    }
}

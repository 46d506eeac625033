import Tree

/// The accounts of one node in a file: SQLite, with a write-ahead log that is on the disk before a change counts.
///
/// A batch of changes is one transaction: after a crash at any moment, all of it is there or nothing. Calls may come
/// from any thread, one at a time. They block, so they belong into a thread pool. A call that fails leaves everything
/// as it was, and the next one may succeed.
///
/// Each record has a checksum, which is made of the record to be saved, and not of what the disk returns. A record that
/// doesn't match its checksum counts as if it weren't there. It goes into a table of its own, `damaged_accounts`, which
/// the program never reads: a person may look there for what is left of the record.
public final class AccountStore {
    public let path: String
    private let database: Database
    private var write: Statement
    private var delete: Statement

    /// The version of the tables below. A file with a greater one is left alone. Version 1 had no checksums, and
    /// version 2 no spellings.
    private static let version: Int64 = 3

    /// Whether there was no file, or an empty one.
    public let wasEmpty: Bool

    /// Opens the file, or makes it.
    ///
    /// - Throws: if the file can't be used: damaged, in use, from a later version, or not made by this program.
    public init(_ path: String) throws(StoreError) {
        self.path = path
        database = try Database(path)
        let version = try database.number("PRAGMA user_version")
        try Self.check(database)
        let hasOwnTable = try Self.hasOwnTable(database)
        guard version <= Self.version else {
            if hasOwnTable { throw StoreError(.damaged, path, "version \(version) with the tables of \(Self.version)") }
            throw StoreError(.tooNew, path, "version \(version), this one knows \(Self.version)")
        }
        // SQLite makes tables of its own when ANALYZE is run.
        let others = try database.number(
            """
            SELECT count(*) FROM sqlite_master
            WHERE tbl_name NOT IN ('accounts', 'damaged_accounts') AND name NOT GLOB 'sqlite_*'
            """)
        guard others == 0 else {
            throw hasOwnTable
                ? StoreError(.damaged, path, "its table has another name")
                : StoreError(.foreign, path, "it has other tables")
        }
        // With FULL, SQLite syncs the log at every commit. NORMAL could lose the last commits when the power fails.
        try database.run("PRAGMA journal_mode = WAL")
        try database.run("PRAGMA synchronous = FULL")
        wasEmpty = version == 0
        if version == 0 { try Self.makeTables(database) }
        do throws(StoreError) {
            if (1..<Self.version).contains(version) { try Self.addColumns(to: database, of: version) }
            write = try Statement(database, Self.insert(into: "accounts"))
            delete = try Statement(database, "DELETE FROM accounts WHERE name = ?")
        } catch {
            // A bit of the version or of a column's name has flipped.
            guard error.kind == .other, version == 0 || hasOwnTable || Self.lacksColumn(database) else { throw error }
            throw StoreError(.damaged, path, error.reason)
        }
    }

    /// Whether a table has all columns of this version, whatever it is called.
    private static func hasOwnTable(_ database: Database) throws(StoreError) -> Bool {
        let columns = table("").drop { $0 != "(" }
        let all = try Statement(database, "SELECT sql FROM sqlite_master WHERE type = 'table' AND sql NOT NULL")
        while try all.step() {
            if all.text(0).drop(while: { $0 != "(" }) == columns { return true }
        }
        return false
    }

    /// Whether the table of accounts has no column `name`.
    private static func lacksColumn(_ database: Database) -> Bool {
        (try? database.number("SELECT count(*) FROM pragma_table_info('accounts') WHERE name = 'name'")) == 0
    }

    /// Closes the file, which waits for the disk. No other method may be called afterwards.
    public func close() {
        write.finish()
        delete.finish()
        database.close()
    }

    /// Finds a damaged file. One that was cut in the middle of a page would look as if it had fewer accounts. With a
    /// million accounts this takes 0.2 s.
    private static func check(_ database: Database) throws(StoreError) {
        let check = try Statement(database, "PRAGMA quick_check(1)")
        guard try check.step() else { return }
        let finding = check.text(0)
        guard finding == "ok" else {
            throw StoreError(.damaged, database.path, finding.split(separator: "\n").joined(separator: " "))
        }
    }

    // MARK: Tables

    /// SQLite has signed numbers only, so numbers of 64 bits are kept as the signed numbers with the same bits.
    private static func table(_ name: String) -> String {
        """
        CREATE TABLE IF NOT EXISTS \(name) (
            name TEXT PRIMARY KEY,
            hash TEXT, stamp INTEGER, node INTEGER, incarnation INTEGER,
            changed INTEGER, changed_node INTEGER, changed_incarnation INTEGER,
            removed INTEGER, removed_stamp INTEGER, removed_node INTEGER, removed_incarnation INTEGER,
            checksum INTEGER, spelling TEXT
        ) WITHOUT ROWID
        """
    }

    private static func insert(into table: String) -> String {
        "INSERT OR REPLACE INTO \(table) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    }
    private static let checksumColumn: Int32 = 12
    private static let spellingColumn: Int32 = 13
    private static let lastColumn = spellingColumn

    private static func makeTables(_ database: Database) throws(StoreError) {
        try database.run(table("accounts"))
        try database.run("PRAGMA user_version = \(version)")
    }

    /// Adds to a file of an earlier version what it lacks.
    private static func addColumns(to database: Database, of version: Int64) throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            if version == 1 { try database.run("ALTER TABLE accounts ADD COLUMN checksum INTEGER") }
            for table in ["accounts", "damaged_accounts"] where try has(table, database) {
                try database.run("ALTER TABLE \(table) ADD COLUMN spelling TEXT")
            }
            if version == 1 { try addChecksums(database) }
            try database.run("PRAGMA user_version = \(Self.version)")
        }
    }

    private static func has(_ table: String, _ database: Database) throws(StoreError) -> Bool {
        try database.number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '\(table)'") > 0
    }

    /// The records of a file that had none are believed once more.
    private static func addChecksums(_ database: Database) throws(StoreError) {
        let all = try Statement(database, "SELECT * FROM accounts")
        let update = try Statement(database, "UPDATE accounts SET checksum = ? WHERE name = ?")
        while try all.step() {
            let record = read(all)
            update.bind(1, record.digest)
            update.bind(2, record.name)
            try update.runOnce()
        }
        all.finish()
    }

    private static func isRight(_ row: borrowing Statement, _ record: AccountRecord) -> Bool {
        !row.isNull(checksumColumn) && row.number(checksumColumn) == record.digest
    }

    /// Moves damaged records into their own table. The table of the accounts is made anew: a row whose name is damaged
    /// can't be found by its name, and is in the way of other rows.
    private func setDamagedAside() throws(StoreError) {
        // A prepared statement knows the table by its position in the file.
        write.finish()
        delete.finish()
        try database.transaction { () throws(StoreError) in try self.rebuild() }
        write = try Statement(database, Self.insert(into: "accounts"))
        delete = try Statement(database, "DELETE FROM accounts WHERE name = ?")
    }

    private func rebuild() throws(StoreError) {
        try database.run("ALTER TABLE accounts RENAME TO accounts_before")
        try database.run(Self.table("accounts"))
        try database.run(Self.table("damaged_accounts"))
        let all = try Statement(database, "SELECT * FROM accounts_before")
        let copy = try Statement(database, Self.insert(into: "accounts"))
        let aside = try Statement(database, Self.insert(into: "damaged_accounts"))
        while try all.step() {
            let target = Self.isRight(all, Self.read(all)) ? copy : aside
            for column in 0...Self.lastColumn { target.copy(column, of: all, to: column + 1) }
            try target.runOnce()
        }
        all.finish()
        copy.finish()
        aside.finish()
        try database.run("DROP TABLE accounts_before")
    }

    // MARK: Reading

    /// Hands over all records that match their checksums, by name. The others are moved out of the way.
    ///
    /// - Returns: the names in those others. They may be damaged too.
    public func load(_ found: (AccountRecord) -> Void) throws(StoreError) -> [String] {
        var damaged: [String] = []
        let all = try Statement(database, "SELECT * FROM accounts ORDER BY name")
        while try all.step() {
            let record = Self.read(all)
            if Self.isRight(all, record) { found(record) } else { damaged.append(record.name) }
        }
        all.finish()
        if !damaged.isEmpty { try setDamagedAside() }
        return damaged
    }

    /// The record of a name, if there is one that matches its checksum.
    public func record(of name: String) throws(StoreError) -> AccountRecord? {
        let one = try Statement(database, "SELECT * FROM accounts WHERE name = ?")
        one.bind(1, name)
        guard try one.step() else { return nil }
        let record = Self.read(one)
        guard Self.isRight(one, record) else { throw StoreError(.damagedRecord, path, name) }
        return record
    }

    /// How many accounts there are. Records of removed names are not counted.
    public func count() throws(StoreError) -> Int {
        Int(try database.number("SELECT count(*) FROM accounts WHERE hash IS NOT NULL"))
    }

    /// The records that can still be read in a damaged file, which is no longer in use: those that match their
    /// checksums, from both ends of the table up to the first damaged page. Nothing else in the file is believed.
    public static func salvage(_ path: String) -> [AccountRecord] {
        guard let database = try? Database(path), (try? database.number("PRAGMA user_version")) != 1
        else { return [] }
        var records: [String: AccountRecord] = [:]
        for direction in ["ASC", "DESC"] {
            guard let all = try? Statement(database, "SELECT * FROM accounts ORDER BY name \(direction)") else {
                continue
            }
            while (try? all.step()) == true {
                let record = read(all)
                if isRight(all, record) { records[record.name] = record }
            }
        }
        return records.values.sorted { $0.name < $1.name }
    }

    private static func read(_ row: borrowing Statement) -> AccountRecord {
        var record = AccountRecord(name: row.text(0))
        if !row.isNull(1) {
            // A damaged file of an earlier version is read as it is.
            let isSpelled = row.count > spellingColumn && !row.isNull(spellingColumn)
            record.account = Account(
                name: record.name, spelling: isSpelled ? row.text(spellingColumn) : nil, hash: row.text(1),
                registered: version(row, 2), changed: version(row, 5))
        }
        if !row.isNull(8) {
            record.removal = Removal(registered: version(row, 9), at: Stamp(row.number(8)))
        }
        return record
    }

    private static func version(_ row: borrowing Statement, _ column: Int32) -> AccountVersion {
        let node = NodeID(row.number(column + 1))
        let incarnation = Incarnation(row.number(column + 2))
        return AccountVersion(
            stamp: Stamp(row.number(column)), origin: Origin(node: node, incarnation: incarnation))
    }

    // MARK: Writing

    /// Saves records, all or none. Each replaces that of the same name; an empty record deletes it. The records are on
    /// the disk when this returns.
    public func save(_ records: [AccountRecord]) throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            for record in records { try save(record) }
        }
    }

    private func save(_ record: AccountRecord) throws(StoreError) {
        guard !record.isEmpty else {
            delete.bind(1, record.name)
            return try delete.runOnce()
        }
        write.bind(1, record.name)
        write.bind(2, record.account?.hash)
        bind(record.account?.registered, 3)
        bind(record.account?.changed, 6)
        write.bind(9, record.removal?.at.value)
        bind(record.removal?.registered, 10)
        write.bind(Self.checksumColumn + 1, record.digest)
        write.bind(Self.spellingColumn + 1, record.account?.spelling)
        try write.runOnce()
    }

    private func bind(_ version: AccountVersion?, _ column: Int32) {
        write.bind(column, version?.stamp.value)
        write.bind(column + 1, version?.origin.node.value)
        write.bind(column + 2, version?.origin.incarnation.value)
    }
}

/// Calls come from any thread, one at a time. SQLite's own lock guards the file besides.
extension AccountStore: @unchecked Sendable {}

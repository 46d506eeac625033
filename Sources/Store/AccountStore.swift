import Tree

/// The accounts of one node in a file: SQLite, with a write-ahead log that is on the disk before a change counts.
///
/// A batch is one transaction: after a crash, at any moment, it is there as a whole or not at all. Calls may come from
/// any thread, one at a time, and block: they belong into a thread pool. A call that fails leaves everything as it was,
/// and the next one may succeed.
public final class AccountStore {
    public let path: String
    private let database: Database
    private let write: Statement
    private let delete: Statement

    /// Of the table below. A file with a greater one is left alone.
    private static let version: Int64 = 1

    /// Opens the file, or makes it.
    ///
    /// - Parameter canWrite: false for a look that changes nothing.
    public init(_ path: String, canWrite: Bool = true) throws(StoreError) {
        self.path = path
        database = try Database(path, canWrite: canWrite)
        let version = try database.number("PRAGMA user_version")
        guard version <= Self.version else {
            throw StoreError(.tooNew, path, "version \(version), this one knows \(Self.version)")
        }
        try Self.check(database)
        // SQLite's own are there after an ANALYZE.
        let others = try database.number(
            "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'accounts' AND name NOT GLOB 'sqlite_*'")
        guard others == 0 else { throw StoreError(.foreign, path, "it has other tables") }
        if canWrite {
            // With FULL the log is synced at every commit; NORMAL could lose the last ones when power fails.
            try database.run("PRAGMA journal_mode = WAL")
            try database.run("PRAGMA synchronous = FULL")
        }
        if version == 0, canWrite {
            try database.run(Self.table)
            try database.run("PRAGMA user_version = \(Self.version)")
        }
        write = try Statement(database, "INSERT OR REPLACE INTO accounts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
        delete = try Statement(database, "DELETE FROM accounts WHERE name = ?")
    }

    /// Closes the file, which waits for the disk. Nothing else may be asked of it afterwards.
    public func close() {
        write.finish()
        delete.finish()
        database.close()
    }

    /// A file that was cut short in the middle of a page looks as if it had fewer accounts. For a million of them it
    /// takes 0.2 s to notice.
    private static func check(_ database: Database) throws(StoreError) {
        let check = try Statement(database, "PRAGMA quick_check(1)")
        guard try check.step() else { return }
        let finding = check.text(0)
        guard finding == "ok" else {
            throw StoreError(.damaged, database.path, finding.split(separator: "\n").joined(separator: " "))
        }
    }

    /// Numbers of 64 bits are kept as SQLite's signed ones with the same bits.
    private static let table = """
        CREATE TABLE IF NOT EXISTS accounts (
            name TEXT PRIMARY KEY,
            hash TEXT, stamp INTEGER, node INTEGER, incarnation INTEGER,
            changed INTEGER, changed_node INTEGER, changed_incarnation INTEGER,
            removed INTEGER, removed_stamp INTEGER, removed_node INTEGER, removed_incarnation INTEGER
        ) WITHOUT ROWID
        """

    // MARK: Reading

    /// Hands over all records, by name.
    public func load(_ record: (AccountRecord) -> Void) throws(StoreError) {
        let all = try Statement(database, "SELECT * FROM accounts ORDER BY name")
        while try all.step() { record(Self.read(all)) }
    }

    public func record(of name: String) throws(StoreError) -> AccountRecord? {
        let one = try Statement(database, "SELECT * FROM accounts WHERE name = ?")
        one.bind(1, name)
        return try one.step() ? Self.read(one) : nil
    }

    public func count() throws(StoreError) -> Int {
        Int(try database.number("SELECT count(*) FROM accounts WHERE hash IS NOT NULL"))
    }

    private static func read(_ row: borrowing Statement) -> AccountRecord {
        var record = AccountRecord(name: row.text(0))
        if !row.isNull(1) {
            record.account = Account(
                name: record.name, hash: row.text(1), registered: version(row, 2), changed: version(row, 5))
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

    /// Puts records in the place of those of the same names, all or none; empty ones are deleted. They are on the disk
    /// when this returns.
    public func save(_ records: [AccountRecord]) throws(StoreError) {
        try database.run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            for record in records { try save(record) }
            try database.run("COMMIT")
        } catch {
            // SQLite may have rolled back by itself, as it does when the disk is full.
            try? database.run("ROLLBACK")
            throw error
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
        try write.runOnce()
    }

    private func bind(_ version: AccountVersion?, _ column: Int32) {
        write.bind(column, version?.stamp.value)
        write.bind(column + 1, version?.origin.node.value)
        write.bind(column + 2, version?.origin.incarnation.value)
    }
}

/// One call at a time, whichever thread it comes from, and SQLite's own lock besides.
extension AccountStore: @unchecked Sendable {}

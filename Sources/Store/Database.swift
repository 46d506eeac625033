import CSQLite

/// An open database. It is closed with its owner, if not before.
final class Database {
    let path: String
    /// Nil once it is closed.
    fileprivate private(set) var raw: OpaquePointer?

    init(_ path: String) throws(StoreError) {
        self.path = path
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw StoreError(status: status, path, reason)
        }
        raw = opened
        sqlite3_extended_result_codes(raw, 1)
        // A person may look at the file with a tool of SQLite's for a moment.
        sqlite3_busy_timeout(raw, 2000)
    }

    deinit {
        close()
    }

    /// Writes the write-ahead log into the file, which waits for the disk, and closes it. To be called when the
    /// statements are finished.
    func close() {
        sqlite3_close_v2(raw)
        raw = nil
    }

    /// The error of a call on this database that failed.
    func failure(_ status: Int32) -> StoreError {
        StoreError(status: status, path, String(cString: sqlite3_errmsg(raw)))
    }

    func run(_ sql: String) throws(StoreError) {
        let status = sqlite3_exec(raw, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status) }
    }

    /// Runs the body as one transaction: all of its changes are made, or none.
    func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            try body()
            try run("COMMIT")
        } catch {
            // SQLite may have rolled back by itself, as it does when the disk is full.
            try? run("ROLLBACK")
            throw error
        }
    }

    func number(_ sql: String) throws(StoreError) -> Int64 {
        let statement = try Statement(self, sql)
        return try statement.step() ? Int64(bitPattern: statement.number(0)) : 0
    }
}

/// A prepared statement. It is finished with its owner, if not before.
final class Statement {
    private let database: Database
    /// Nil once it is finished.
    private var raw: OpaquePointer?

    init(_ database: Database, _ sql: String) throws(StoreError) {
        self.database = database
        var prepared: OpaquePointer?
        let status = sqlite3_prepare_v2(database.raw, sql, -1, &prepared, nil)
        guard status == SQLITE_OK, let prepared else { throw database.failure(status) }
        raw = prepared
    }

    deinit {
        finish()
    }

    func finish() {
        sqlite3_finalize(raw)
        raw = nil
    }

    /// Moves to the next row.
    ///
    /// - Returns: false if there is none.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw database.failure(status)
        }
    }

    /// Runs the statement to its end, so that it can be bound anew.
    func runOnce() throws(StoreError) {
        let status = sqlite3_step(raw)
        let failure = status == SQLITE_DONE ? nil : database.failure(status)
        sqlite3_reset(raw)
        if let failure { throw failure }
    }

    // MARK: Values

    // Binding fails only without memory or with a wrong index.

    func bind(_ index: Int32, _ text: String?) {
        guard var text else { return bindNull(index) }
        let status = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { coppice_bind_text(raw, index, $0.baseAddress, Int32($0.count)) }
        }
        precondition(status == SQLITE_OK, "cannot bind a text")
    }

    func bind(_ index: Int32, _ number: UInt64?) {
        guard let number else { return bindNull(index) }
        precondition(sqlite3_bind_int64(raw, index, Int64(bitPattern: number)) == SQLITE_OK, "cannot bind a number")
    }

    private func bindNull(_ index: Int32) {
        precondition(sqlite3_bind_null(raw, index) == SQLITE_OK, "cannot bind NULL")
    }

    /// Binds a parameter of this statement to a column of another statement's row, whatever its type.
    func copy(_ column: Int32, of row: Statement, to index: Int32) {
        let status = sqlite3_bind_value(raw, index, sqlite3_column_value(row.raw, column))
        precondition(status == SQLITE_OK, "cannot bind a value")
    }

    /// Of columns in a row.
    var count: Int32 { sqlite3_column_count(raw) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }

    func number(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(raw, column)) }

    func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(raw, column) else { return "" }
        let count = Int(sqlite3_column_bytes(raw, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
}

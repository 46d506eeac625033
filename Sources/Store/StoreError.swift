import CSQLite

/// What went wrong with the file of accounts, as a sentence for whoever runs the node.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The cause, as far as the program has to tell causes apart.
    public enum Kind: Equatable, Sendable {
        /// The file is no database, or a damaged one.
        case damaged
        /// One record doesn't match its checksum. The reason is its name.
        case damagedRecord
        /// Another program has the file open.
        case inUse
        /// A later version of this program made the file.
        case tooNew
        /// The file is a database of something else.
        case foreign
        /// No space, no permission, an error of the disk.
        case other
    }

    public let kind: Kind
    public let path: String
    /// The reason, mostly in SQLite's words.
    public let reason: String

    init(_ kind: Kind, _ path: String, _ reason: String) {
        self.kind = kind
        self.path = path
        self.reason = reason
    }

    init(status: Int32, _ path: String, _ reason: String) {
        switch status & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB: self.init(.damaged, path, reason)
        case SQLITE_BUSY, SQLITE_LOCKED: self.init(.inUse, path, reason)
        default: self.init(.other, path, reason)
        }
    }

    public var description: String {
        switch kind {
        case .damaged:
            "\(path) is damaged (\(reason)): put a copy in its place, or start the node, which keeps it as "
                + "\(path).damaged and takes over what it can read"
        case .damagedRecord:
            "\(path): the record of \(reason) is damaged; the node gets it from the other nodes when it runs"
        case .inUse: "\(path) is in use by another program (\(reason))"
        case .tooNew: "\(path) was written by a later version of coppice (\(reason))"
        case .foreign: "\(path) is the database of another program (\(reason))"
        case .other: "\(path): \(reason)"
        }
    }
}

import Store
import Tree
import UV
import Wire

/// What a node keeps over a restart: who it is, which life this is, and whom it knows.
public final class DataDirectory {
    private let path: String
    private let lock: FileLock

    /// - Throws: when the folder can't be made or used, or another process uses it.
    public init(_ path: String) throws(FileError) {
        self.path = path
        try Files.makeFolder(path)
        lock = try FileLock(path + "/lock")
    }

    private var identityPath: String { path + "/identity" }
    private var nodesPath: String { path + "/known-nodes" }

    /// The node's id, made at the first start, and an incarnation greater than all before, which is on disk when this
    /// returns.
    public func beginLife(newID: NodeID, wallMilliseconds: UInt64) throws(FileError) -> Origin {
        var node = newID
        var incarnation = Incarnation(max(1, wallMilliseconds))
        if Files.exists(identityPath) {
            let text = String(decoding: try Files.read(identityPath), as: UTF8.self)
            if let saved = IdentityText.origin(text.split(separator: "\n").first ?? "") {
                node = saved.node
                incarnation = Incarnation(max(saved.incarnation.value + 1, wallMilliseconds))
            }
        }
        let origin = Origin(node: node, incarnation: incarnation)
        try Files.replace(identityPath, with: Array("\(IdentityText.text(origin))\n".utf8))
        return origin
    }

    private var accountsPath: String { path + "/accounts.sqlite" }

    /// Lets nobody but this user read the file of accounts, which is made if there is none, and what a life that was killed
    /// has left beside it: SQLite writes there first.
    public func protectAccounts() throws(FileError) {
        do {
            try Files.makePrivate(accountsPath)
            for path in [accountsPath + "-wal", accountsPath + "-shm"] where Files.exists(path) {
                try Files.makePrivate(path)
            }
        } catch {
            // Why it can't be opened at all SQLite says in more words.
            guard error.operation != .protect else { throw error }
        }
    }

    /// The file of accounts, and all that is in it.
    public func openAccounts() throws(StoreError) -> (store: AccountStore, accounts: Accounts) {
        let store = try AccountStore(accountsPath)
        var accounts = Accounts()
        try store.load { accounts.put($0) }
        return (store, accounts)
    }

    /// The nodes known in the life before; none if there was none.
    public func savedContacts() -> [Contact] {
        guard Files.exists(nodesPath), let bytes = try? Files.read(nodesPath) else { return [] }
        var contacts: [Contact] = []
        var framing = LineFraming()
        _ = framing.read(bytes.span.bytes, limit: LineLimit(1 << 20)) { line, _ in
            if case .leaving(let others)? = try? Decoding.message(line) { contacts += others }
            return .more
        }
        return contacts
    }

    /// What brings these nodes to the disk. It blocks, so it is for the thread pool.
    func saving(_ contacts: [Contact]) -> @Sendable () -> FileError? {
        let path = nodesPath
        let bytes = Encoding.line(of: .leaving(others: contacts))
        return {
            do throws(FileError) { try Files.replace(path, with: bytes) } catch { return error }
            return nil
        }
    }

    public func release() {
        lock.release()
    }
}

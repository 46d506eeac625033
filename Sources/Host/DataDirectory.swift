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

    /// What was found wrong with the files, in sentences for the log.
    public private(set) var findings: [String] = []

    /// The node's id, made at the first start, and an incarnation greater than all before, which is on disk when this
    /// returns. An identity that is damaged or lost is replaced by a new one, and `findings` says so.
    public func beginLife(newID: NodeID, wallMilliseconds: UInt64) throws(FileError) -> Origin {
        var node = newID
        var incarnation = Incarnation(max(1, wallMilliseconds))
        if Files.exists(identityPath) {
            let bytes = try Files.read(identityPath)
            if let saved = Self.identity(String(decoding: bytes, as: UTF8.self)) {
                node = saved.node
                incarnation = Incarnation(max(saved.incarnation.value &+ 1, wallMilliseconds))
            } else {
                let kept = identityPath + ".damaged"
                try Files.replace(kept, with: bytes)
                findings.append(
                    "\(identityPath) is damaged: this node has a new identity; what was there is in \(kept)")
            }
        } else if [nodesPath, accountsPath].contains(where: Files.exists) {
            findings.append(
                "\(identityPath) is missing, although \(path) was used before: this node has a new identity")
        }
        self.node = node
        let line = IdentityText.text(Origin(node: node, incarnation: incarnation)) + "\n"
        // Twice, so that a flipped bit doesn't make another node of it.
        try Files.replace(identityPath, with: Array((line + line).utf8))
        return Origin(node: node, incarnation: incarnation)
    }

    /// Whose folder this is; nil before the life has begun.
    private var node: NodeID?

    /// Nil if the file is damaged. Earlier versions wrote one line.
    private static func identity(_ text: String) -> Origin? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let saved = IdentityText.origin(first), lines.last == "" else { return nil }
        return lines.count == 2 || lines.count == 3 && lines[1] == first ? saved : nil
    }

    private var accountsPath: String { path + "/accounts.sqlite" }

    /// Lets nobody but this user read the file of accounts, which is made if there is none, and what a life that was
    /// killed has left beside it: SQLite writes there first.
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

    /// The nodes known in the life before; none if there was none. To be called after `beginLife`; what is wrong with
    /// the file is in `findings`.
    public func savedContacts() -> [Contact] {
        guard Files.exists(nodesPath) else { return [] }
        let bytes: [UInt8]
        do { bytes = try Files.read(nodesPath) } catch {
            findings.append("the known nodes can't be read (\(error)): the tree is found by -rh and --seeds alone")
            return []
        }
        var contacts: [Contact] = []
        var goodLines = 0
        var badLines = 0
        var framing = LineFraming()
        _ = framing.read(bytes.span.bytes, limit: LineLimit(1 << 20)) { line, _ in
            if case .leaving(let others)? = try? Decoding.message(line) {
                contacts += others
                goodLines += 1
            } else if let owner = Self.owner(line) {
                if owner != node { noteOwner(owner) }
            } else {
                badLines += 1
            }
            return .more
        }
        if goodLines != 1 || badLines > 0 || bytes.last != UInt8(ascii: "\n") {
            findings.append(
                "\(nodesPath) is damaged: \(contacts.count) nodes could be read; -rh and --seeds lead to others")
        }
        return contacts
    }

    private func noteOwner(_ owner: NodeID) {
        let now = node.map { IdentityText.text($0) } ?? ""
        findings.append(
            "\(nodesPath) was written by the node \(IdentityText.text(owner)), and \(identityPath) is of \(now): "
                + "one of the two files was replaced")
    }

    /// `known-nodes` says whose it is, so that it is noticed when a file of the folder is replaced.
    private static let ownerPrefix = Array("# ".utf8)

    private static func owner(_ line: RawSpan) -> NodeID? {
        let bytes = line.withUnsafeBytes { Array($0) }
        guard bytes.starts(with: ownerPrefix) else { return nil }
        return IdentityText.node(String(decoding: bytes.dropFirst(ownerPrefix.count), as: UTF8.self))
    }

    /// What brings these nodes to the disk. It blocks, so it is for the thread pool.
    func saving(_ contacts: [Contact]) -> @Sendable () -> FileError? {
        let path = nodesPath
        let owner = node.map { Self.ownerPrefix + Array(IdentityText.text($0).utf8) + [UInt8(ascii: "\n")] } ?? []
        let bytes = owner + Encoding.line(of: .leaving(others: contacts))
        return {
            do throws(FileError) { try Files.replace(path, with: bytes) } catch { return error }
            return nil
        }
    }

    public func release() {
        lock.release()
    }
}

import Names
import Store
import Tree
import UV
import Wire

/// Why the accounts can't be used.
public enum AccountsFailure: Error, CustomStringConvertible {
    case file(FileError)
    case store(StoreError)

    public var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .store(let error): "\(error)"
        }
    }
}

/// What a node keeps over a restart: its id, its incarnation, and the nodes that it knows.
public final class DataDirectory {
    private let path: String
    private let lock: FileLock

    /// - Throws: if the directory can't be made or used, or another process uses it.
    public init(_ path: String) throws(FileError) {
        self.path = path
        try Files.makeFolder(path)
        lock = try FileLock(path + "/lock")
    }

    private var identityPath: String { path + "/identity" }
    private var nodesPath: String { path + "/known-nodes" }
    private var bansPath: String { path + "/bans" }

    /// The secret that this node shows wherever it knows no other: it isn't written down.
    public var networkSecret: Secret?
    /// What stands in its place. No node has it, since an empty secret is refused.
    private static let networkMark = Secret("")

    /// Whether an earlier life has used this directory.
    private var wasUsed = false

    /// What is wrong with the files, in sentences for the log.
    public private(set) var findings: [String] = []

    /// Returns the node's id, made at the first start, and an incarnation that is greater than all before, and already
    /// on disk. A damaged or lost identity is replaced by a new one, and `findings` says so.
    public func beginLife(newID: NodeID, wallMilliseconds: UInt64) throws(FileError) -> Origin {
        var node = newID
        var incarnation = Incarnation(max(1, wallMilliseconds))
        if Files.exists(identityPath) {
            wasUsed = true
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
        // The line is written twice, so that a flipped bit is noticed and doesn't make this another node.
        try Files.replace(identityPath, with: Array((line + line).utf8))
        return Origin(node: node, incarnation: incarnation)
    }

    /// The node that this directory belongs to; nil before `beginLife`.
    private var node: NodeID?

    /// The identity in a file; nil if it is damaged. Earlier versions wrote one line.
    private static func identity(_ text: String) -> Origin? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let saved = IdentityText.origin(first), lines.last == "" else { return nil }
        return lines.count == 2 || lines.count == 3 && lines[1] == first ? saved : nil
    }

    /// The lock and the accounts, which stay the same files for a whole life. Read this after the accounts are open.
    var openedFiles: OpenedFiles { OpenedFiles([path + "/lock", accountsPath]) }

    private var accountsPath: String { path + "/accounts.sqlite" }

    /// Lets only this user read the file of accounts, which is made if there is none, and the files that a killed life
    /// has left beside it: SQLite writes there first.
    public func protectAccounts() throws(FileError) {
        do {
            try Files.makePrivate(accountsPath)
            for path in [accountsPath + "-wal", accountsPath + "-shm"] where Files.exists(path) {
                try Files.makePrivate(path)
            }
        } catch {
            // If the file can't be opened at all, SQLite's own error says more.
            guard error.operation != .protect else { throw error }
        }
    }

    /// Opens the file of accounts and reads all of it. Call this before reading `findings`.
    ///
    /// Damaged records count as missing, since other nodes have them. A file whose structure is damaged is set aside,
    /// and what can be read in it is saved into a new one.
    public func openAccounts() throws(AccountsFailure) -> (store: AccountStore, accounts: Accounts) {
        do throws(StoreError) {
            return try loadAccounts()
        } catch  where error.kind == .damaged {
            do throws(FileError) { try setAccountsAside() } catch { throw .file(error) }
            let records = AccountStore.salvage(damagedAccountsPath)
            findings.append(
                "\(accountsPath) is damaged (\(error.reason)): it is kept as \(damagedAccountsPath), and "
                    + "\(records.count) accounts and removals could be read in it; other nodes have the rest")
            do throws(StoreError) {
                let (store, _) = try loadAccounts()
                try store.save(records)
                var accounts = Accounts(names: UnicodeNames())
                for record in records { accounts.put(record) }
                return (store, accounts)
            } catch {
                throw .store(error)
            }
        } catch {
            throw .store(error)
        }
    }

    private func loadAccounts() throws(StoreError) -> (store: AccountStore, accounts: Accounts) {
        let store = try AccountStore(accountsPath)
        var accounts = Accounts(names: UnicodeNames())
        let damaged = try store.load { accounts.put($0) }
        if store.wasEmpty, wasUsed {
            findings.append(
                "\(accountsPath) was missing or empty, although \(path) was used before: the accounts come from other "
                    + "nodes")
        }
        if !damaged.isEmpty { findings.append(DamagedRecords(path: accountsPath, names: damaged).description) }
        findings += accounts.namedAlike.prefix(NamesAlike.told).map { NamesAlike(names: $0).description }
        return (store, accounts)
    }

    private var damagedAccountsPath: String { accountsPath + ".damaged" }

    private func setAccountsAside() throws(FileError) {
        for suffix in ["", "-wal"] where Files.exists(accountsPath + suffix) {
            try Files.rename(accountsPath + suffix, to: damagedAccountsPath + suffix)
        }
        try Files.remove(accountsPath + "-shm")
    }

    /// The nodes that the life before knew; empty if there was none. Call this after `beginLife`. If the file is
    /// damaged, `findings` says so.
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
        guard let content = Self.withoutChecksum(bytes) else {
            findings.append("\(nodesPath) is damaged and not used: the tree is found by -rh and --seeds alone")
            return []
        }
        _ = framing.read(content.span.bytes, limit: LineLimit(1 << 20)) { line, _ in
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
        if goodLines != 1 || badLines > 0 || content.last != UInt8(ascii: "\n") {
            findings.append(
                "\(nodesPath) is damaged: \(contacts.count) nodes could be read; -rh and --seeds lead to others")
        }
        return contacts.map { replacing(Self.networkMark, by: networkSecret, in: $0) }
    }

    private func replacing(_ one: Secret?, by other: Secret?, in contact: Contact) -> Contact {
        guard let one, contact.secret == one else { return contact }
        var contact = contact
        contact.secret = other
        return contact
    }

    private func noteOwner(_ owner: NodeID) {
        let now = node.map { IdentityText.text($0) } ?? ""
        findings.append(
            "\(nodesPath) was written by the node \(IdentityText.text(owner)), and \(identityPath) is of \(now): "
                + "one of the two files was replaced")
    }

    /// `known-nodes` names its node, so that the node notices if a file of the directory was replaced.
    private static let ownerPrefix = Array("# ".utf8)

    private static func owner(_ line: RawSpan) -> NodeID? {
        let bytes = line.withUnsafeBytes { Array($0) }
        guard bytes.starts(with: ownerPrefix) else { return nil }
        return IdentityText.node(String(decoding: bytes.dropFirst(ownerPrefix.count), as: UTF8.self))
    }

    /// The last line of `known-nodes` is a checksum of the others. Files of earlier versions have none.
    private static let checksumPrefix = "# checksum "

    private static func checksumLine(of content: [UInt8]) -> [UInt8] {
        Array((checksumPrefix + IdentityText.text(NodeID(StableHash.of(content))) + "\n").utf8)
    }

    /// The content without its checksum; nil if they don't match. A last line that isn't a message counts as a
    /// checksum, perhaps a damaged one.
    private static func withoutChecksum(_ bytes: [UInt8]) -> [UInt8]? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 2, let last = lines.dropLast().last else { return [] }
        // Every version ends its last line: if that end is damaged, the line above is no last line without a checksum.
        guard lines.last?.isEmpty == true else { return nil }
        guard last.first != UInt8(ascii: "{") else { return bytes }
        let content = Array(bytes[..<last.startIndex])
        return Array(bytes[last.startIndex...]) == checksumLine(of: content) ? content : nil
    }

    /// A function that saves these nodes. It blocks, so call it in the thread pool.
    package func saving(_ contacts: [Contact]) -> @Sendable () -> FileError? {
        let path = nodesPath
        let owner = node.map { Self.ownerPrefix + Array(IdentityText.text($0).utf8) + [UInt8(ascii: "\n")] } ?? []
        let known = contacts.map { replacing(networkSecret, by: Self.networkMark, in: $0) }
        let content = owner + Encoding.line(of: .leaving(others: known))
        let bytes = content + Self.checksumLine(of: content)
        return {
            do throws(FileError) { try Files.replace(path, with: bytes) } catch { return error }
            return nil
        }
    }

    /// The bans that an earlier life has saved. If some can't be read, `findings` says so: other nodes have them.
    public func savedBans() -> [BanRecord] {
        guard Files.exists(bansPath) else { return [] }
        do throws(FileError) {
            let (records, damaged) = BanFile.read(try Files.read(bansPath))
            if damaged > 0 {
                findings.append("\(damaged) bans in \(bansPath) are damaged and not used: other nodes have them")
            }
            return records
        } catch {
            findings.append("the bans can't be read (\(error)): they come from other nodes")
            return []
        }
    }

    /// A function that saves the bans, in place of those that were saved before. It blocks, so call it in the thread
    /// pool.
    package func saving(bans: [BanRecord]) -> @Sendable () -> FileError? {
        let path = bansPath
        let bytes = BanFile.bytes(of: bans)
        return {
            do throws(FileError) { try Files.replace(path, with: bytes) } catch { return error }
            return nil
        }
    }

    /// Lets other processes use the directory.
    public func release() {
        lock.release()
    }
}

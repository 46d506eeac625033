import Names
import Secrets
import Store
import Tree
import UV
import Wire

/// Why the accounts of a node that isn't running can't be read or changed.
public enum AccountFailure: Error, CustomStringConvertible {
    case noAccounts(String)
    case file(FileError)
    case store(StoreError)
    case unknown(String)
    case several([String])
    case longSecret(limitBytes: Int)
    case noMemory

    public var description: String {
        switch self {
        case .noAccounts(let path): "\(path) has no accounts: check --data-dir"
        case .file(let error):
            error.operation == .lock && error.cause == .again
                ? "\(error): stop the node that uses this folder, or ask it with -rh, -rp and its secret "
                    + "(\(SecretKind.tool.places)) instead of --data-dir"
                : "\(error): check --data-dir"
        case .store(let error): "\(error): check --data-dir"
        case .unknown(let name): "nobody has registered \(name)"
        case .several(let names):
            "these names count as one: \(names.joined(separator: ", ")); name one as it was registered"
        case .longSecret(let limit): "the secret is longer than \(limit) bytes"
        case .noMemory: "no memory to hash the secret"
        }
    }
}

/// The accounts in the data directory of a node that isn't running. When the node runs again, it spreads what was
/// changed here.
public final class AccountDirectory {
    private let directory: DataDirectory
    private let store: AccountStore
    private let names = UnicodeNames()

    public init(_ path: String) throws(AccountFailure) {
        guard Files.exists(path + "/accounts.sqlite") else { throw .noAccounts(path) }
        do throws(FileError) { directory = try DataDirectory(path) } catch { throw .file(error) }
        do throws(StoreError) { store = try AccountStore(path + "/accounts.sqlite") } catch { throw .store(error) }
    }

    deinit {
        directory.release()
    }

    /// Lists all accounts by name.
    ///
    /// - Returns: one sentence about damaged records, which are left out; nil if there are none.
    public func list(_ account: (Account) -> Void) throws(AccountFailure) -> String? {
        do throws(StoreError) {
            let damaged = try store.load { if let found = $0.account { account(found) } }
            return damaged.isEmpty ? nil : DamagedRecords(path: store.path, names: damaged).description
        } catch {
            throw .store(error)
        }
    }

    /// The account that somebody means by a name: in that spelling, or the only one in any.
    public func account(named name: String) throws(AccountFailure) -> Account {
        if let account = try record(of: name).account { return account }
        var accounts = Accounts(names: names)
        do throws(StoreError) { _ = try store.load { accounts.put($0) } } catch { throw .store(error) }
        let found = accounts.accounts(namedLike: name)
        guard found.count < 2 else { throw .several(found.map(\.shownName)) }
        guard let account = found.first else { throw .unknown(name) }
        return account
    }

    private func record(of name: String) throws(AccountFailure) -> AccountRecord {
        do throws(StoreError) {
            return try store.record(of: name) ?? AccountRecord(name: name)
        } catch {
            throw .store(error)
        }
    }

    /// Removes a name from the accounts.
    public func remove(_ name: String) throws(AccountFailure) {
        let account = try account(named: name)
        let removal = Removal(registered: account.registered, at: Stamp(milliseconds: Loop.wallMilliseconds))
        try save(AccountRecord(name: account.name, removal: removal))
    }

    /// Gives a name another secret.
    public func reset(_ name: String, secret: String) throws(AccountFailure) {
        let account = try account(named: name)
        var record = try record(of: account.name)
        // No node would take it at a login.
        let limit = Limits().secretBytes
        guard secret.utf8.count <= limit else { throw .longSecret(limitBytes: limit) }
        let hash: String
        do { hash = try PasswordHash.make(secret: secret) } catch { throw .noMemory }
        // The change has to be later than the last one, whatever the clock says.
        let stamp = max(Stamp(milliseconds: Loop.wallMilliseconds), account.changed.stamp.next)
        let changed = AccountVersion(stamp: stamp, origin: account.registered.origin)
        record.account = Account(
            name: account.name, spelling: account.spelling, hash: hash, registered: account.registered,
            changed: changed)
        try save(record)
    }

    private func save(_ record: AccountRecord) throws(AccountFailure) {
        do throws(StoreError) { try store.save([record]) } catch { throw .store(error) }
    }
}

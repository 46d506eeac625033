/// Names a change of an account: when it was made, and by which origin. The origin decides between equal stamps.
public struct AccountVersion: Hashable, Comparable, Sendable {
    public let stamp: Stamp
    public let origin: Origin

    public init(stamp: Stamp, origin: Origin) {
        self.stamp = stamp
        self.origin = origin
    }

    public static func < (a: AccountVersion, b: AccountVersion) -> Bool { (a.stamp, a.origin) < (b.stamp, b.origin) }
}

/// A registered name.
public struct Account: Hashable, Sendable {
    /// What it is known by: the name in its folded form. Accounts from before names were folded have the name as it
    /// was registered.
    public let name: String
    /// The name as it was registered, where that isn't `name`.
    public let spelling: String?
    /// Argon2id in its usual text form, which holds salt and cost.
    public let hash: String
    /// Names the registration. If two clients registered one name, the earlier registration stands.
    public let registered: AccountVersion
    /// Names the last change of the secret: the registration, or a reset. Of one registration the latest change counts.
    public let changed: AccountVersion

    public init(
        name: String, spelling: String? = nil, hash: String, registered: AccountVersion, changed: AccountVersion? = nil
    ) {
        self.name = name
        self.spelling = spelling
        self.hash = hash
        self.registered = registered
        self.changed = changed ?? registered
    }

    /// The name as others see it: as it was registered.
    public var shownName: String { spelling ?? name }
}

/// The removal of a name: it takes back one registration, and all earlier ones.
public struct Removal: Hashable, Sendable {
    public let registered: AccountVersion
    /// When the name was removed.
    public let at: Stamp

    public init(registered: AccountVersion, at: Stamp) {
        self.registered = registered
        self.at = at
    }
}

/// All that a node knows of one name.
///
/// Two records of one name are merged in the same way on every node and in any order, so nodes that have exchanged
/// their records agree (docs/protocol.md#accounts). An old copy can't bring back a removed account, since the removal
/// stays in the record. An older reset can't undo a newer one, since each has a version.
public struct AccountRecord: Hashable, Sendable {
    public let name: String
    /// Nil if the name isn't registered.
    public var account: Account?
    public var removal: Removal?

    public init(name: String, account: Account? = nil, removal: Removal? = nil) {
        self.name = name
        self.account = account
        self.removal = removal
    }

    public init(_ account: Account) {
        self.init(name: account.name, account: account)
    }

    /// The latest stamp in it: later changes are counted from there.
    var latestStamp: Stamp {
        [account?.registered.stamp, account?.changed.stamp, removal?.registered.stamp, removal?.at]
            .compactMap(\.self).max() ?? .zero
    }

    /// Nothing is left to be known: it can be forgotten.
    public var isEmpty: Bool { account == nil && removal == nil }

    /// Merges two records of one name. The earliest registration that wasn't removed stands, with its latest secret.
    ///
    /// - Parameters:
    ///   - latestWins: a mutation: the later registration stands.
    ///   - returns: a mutation: a removed name comes back by an old copy.
    func merged(
        with other: AccountRecord, latestWins: Bool = false, returns: Bool = false
    ) -> AccountRecord {
        var merged = self
        if let theirs = other.removal {
            let isNews = removal.map { ($0.registered, $0.at) < (theirs.registered, theirs.at) } ?? true
            if isNews { merged.removal = theirs }
        }
        let standing = [account, other.account].compactMap { $0 }.filter { account in
            if returns, self.account == nil { return true }
            return merged.removal.map { account.registered > $0.registered } ?? true
        }
        merged.account = standing.max { a, b in
            if a.registered != b.registered { return latestWins == (a.registered < b.registered) }
            // One of them may have come by a node that keeps no spelling.
            let spellings = [a, b].map { NameKey(exactly: $0.spelling ?? "") }
            return (a.changed, a.hash, spellings[0]) < (b.changed, b.hash, spellings[1])
        }
        return merged
    }

    /// A checksum that is equal for equal records, on every node and in every version. Nodes compare it, and account
    /// files store it with each record.
    package var digest: UInt64 {
        var hash = StableHash()
        hash.add(name.utf8)
        hash.add(UInt8(0))
        if let account {
            hash.add(UInt8(ascii: "a"))
            hash.add(account.registered)
            hash.add(account.changed)
            hash.add(account.hash.utf8)
            hash.add(UInt8(0))
            if let spelling = account.spelling {
                hash.add(UInt8(ascii: "s"))
                hash.add(spelling.utf8)
                hash.add(UInt8(0))
            }
        }
        if let removal {
            hash.add(UInt8(ascii: "r"))
            hash.add(removal.registered)
            hash.add(removal.at.value)
        }
        return hash.value
    }
}

extension StableHash {
    fileprivate mutating func add(_ version: AccountVersion) {
        add(version.stamp.value)
        add(version.origin.node.value)
        add(version.origin.incarnation.value)
    }
}

/// An entry that changes the accounts.
public enum AccountChange: Hashable, Sendable {
    /// A name was registered, or its secret was reset.
    case registered(Account)
    case removed(name: String, Removal)

    /// The record that holds only this change.
    public var record: AccountRecord {
        switch self {
        case .registered(let account): AccountRecord(account)
        case .removed(let name, let removal): AccountRecord(name: name, removal: removal)
        }
    }
}

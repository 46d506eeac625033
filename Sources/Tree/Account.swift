/// A registered name.
public struct Account: Hashable, Sendable {
    public let name: String
    /// Argon2id in its usual text form, which holds salt and cost.
    public let hash: String
    /// When it was registered. Of two owners of one name the earlier one keeps it.
    public let stamp: Stamp
    /// Where it was registered: decides between equal stamps.
    public let origin: Origin

    public init(name: String, hash: String, stamp: Stamp, origin: Origin) {
        self.name = name
        self.hash = hash
        self.stamp = stamp
        self.origin = origin
    }

    func isEarlier(than other: Account) -> Bool {
        (stamp, origin) < (other.stamp, other.origin)
    }
}

/// An entry that changes the accounts.
public enum AccountChange: Hashable, Sendable {
    case registered(Account)
    /// The registration with this name and stamp is taken back.
    case removed(name: String, stamp: Stamp)
}

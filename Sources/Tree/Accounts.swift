/// The registered names that this node knows.
struct Accounts {
    private var accounts: [String: Account] = [:]

    subscript(name: String) -> Account? { accounts[name] }

    var count: Int { accounts.count }

    enum Outcome {
        case added
        /// Known already, or an earlier owner stands.
        case kept
        /// The name went over to an earlier owner.
        case replaced
    }

    /// Of two owners of one name the earlier one has it, whatever the order in which they are learnt of.
    mutating func record(_ account: Account) -> Outcome {
        guard let known = accounts[account.name] else {
            accounts[account.name] = account
            return .added
        }
        guard account.isEarlier(than: known) else { return .kept }
        accounts[account.name] = account
        return .replaced
    }

    mutating func remove(_ name: String, stamp: Stamp) {
        if accounts[name]?.stamp == stamp { accounts[name] = nil }
    }
}

extension Node {
    /// A change of the accounts stands in the log.
    func apply(_ change: AccountChange) {
        switch change {
        case .registered(let account):
            claims[account.name] = nil
            if case .replaced = accounts.record(account) {
                report(.nameLost(account.name))
                closeSessions(of: account.name)
            }
        case .removed(let name, let stamp):
            accounts.remove(name, stamp: stamp)
        }
    }
}

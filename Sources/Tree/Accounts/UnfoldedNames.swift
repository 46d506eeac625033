/// Which accounts have names that aren't folded, by what they fold to: those from before names were folded. A new
/// account's name is folded, and found by itself.
///
/// Hashes stand for the names, so that one costs some 30 bytes. Whoever asks looks at the accounts themselves.
struct UnfoldedNames {
    /// Of the folded form: the hash of one name.
    private var names: [UInt64: UInt64] = [:]
    /// Further names of the same folded form.
    private var more: [UInt64: [UInt64]] = [:]

    var count: Int { more.values.reduce(names.count) { $0 + $1.count } }

    mutating func add(_ name: String, folded: String) {
        let (key, hash) = (StableHash.of(folded.utf8), StableHash.of(name.utf8))
        if names[key] == nil { names[key] = hash } else { more[key, default: []].append(hash) }
    }

    mutating func remove(_ name: String, folded: String) {
        let (key, hash) = (StableHash.of(folded.utf8), StableHash.of(name.utf8))
        var rest = hashes(key)
        guard let index = rest.firstIndex(of: hash) else { return }
        rest.remove(at: index)
        names[key] = rest.first
        more[key] = rest.count > 1 ? Array(rest.dropFirst()) : nil
    }

    /// The hashes of the names that fold to one form, but for very many.
    func hashes(folded: String) -> ArraySlice<UInt64> {
        names.isEmpty ? [] : hashes(StableHash.of(folded.utf8)).prefix(Limits.namesakes)
    }

    private func hashes(_ key: UInt64) -> [UInt64] { [names[key]].compactMap { $0 } + (more[key] ?? []) }

    /// The hash of one name of each folded form, in an order that is the same everywhere.
    var all: [UInt64] { names.values.sorted() }
}

// Whom somebody means by a name (docs/protocol.md#names).

extension Accounts {
    /// All accounts whose names are one with this name, that in the same spelling first. There are several only if they
    /// are from before names were folded.
    public func accounts(namedLike name: String) -> [Account] {
        let folded = names.folded(name)
        let older = unfolded.hashes(folded: folded).flatMap { accounts(hashed: $0) }
            .filter { names.areOne($0.name, folded) }
        var found: [Account] = []
        for account in [self[name], self[folded]].compactMap({ $0 }) + older where !found.contains(account) {
            found.append(account)
        }
        return found
    }

    /// The account that somebody means who shows this name: that in the same spelling, or else the only one. Of several
    /// none is meant.
    func account(meantBy name: String) -> Account? {
        if let exact = self[name] { return exact }
        let found = accounts(namedLike: name)
        return found.count == 1 ? found[0] : nil
    }

    /// Accounts whose names are one, since they are from before names were folded, or the name of nobody: as they were
    /// registered, in an order that means nothing.
    public var namedAlike: [[String]] {
        unfolded.all.compactMap { hash in
            guard let name = accounts(hashed: hash).first?.name else { return nil }
            let found = accounts(namedLike: name).map(\.shownName).sorted()
            return found.count > 1 || names.areOne(name, Login.anonymous) ? found : nil
        }
    }
}

extension Node {
    /// What a name is compared by.
    func key(of name: String) -> NameKey {
        if mutation == .namesNotFolded { return NameKey(exactly: name) }
        return NameKey(folding: name, by: configuration.names)
    }

    /// Whether a name is that of clients without one. An account from before names were folded may have it in another
    /// spelling.
    func isAnonymous(_ name: String) -> Bool {
        name == Login.anonymous || configuration.names.areOne(name, Login.anonymous) && accounts[name] == nil
    }

    /// Whether somebody has a name, or nobody can.
    func isTaken(_ name: String) -> Bool {
        if mutation == .namesNotFolded { return accounts[name] != nil }
        return isAnonymous(name) || !accounts.accounts(namedLike: name).isEmpty
    }
}

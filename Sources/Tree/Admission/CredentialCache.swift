/// Secrets that were right, as keyed hashes that mean nothing outside of this run: the next login with the same one is
/// cheap.
///
/// A proof counts for one state of the account only: a reset, a removal or another owner makes it void. Only a match is
/// taken from here; a wrong secret costs as much as ever.
struct CredentialCache {
    private struct Proof {
        let account: UInt64
        let secret: SecretDigest
    }

    /// The older half is dropped when the younger one is full.
    private var young: [NameKey: Proof] = [:]
    private var old: [NameKey: Proof] = [:]

    /// - Parameter account: the digest of what is known of the name.
    mutating func add(_ name: String, account: UInt64, secret: SecretDigest, limit: Int) {
        if young.count >= limit / 2 {
            old = young
            young = [:]
        }
        young[NameKey(name)] = Proof(account: account, secret: secret)
    }

    mutating func has(_ name: String, account: UInt64, secret: SecretDigest, limit: Int) -> Bool {
        let key = NameKey(name)
        guard let proof = young[key] ?? old[key], proof.account == account, proof.secret == secret else {
            return false
        }
        // Whoever comes back stays.
        if young[key] == nil { add(name, account: account, secret: secret, limit: limit) }
        return true
    }
}

extension Node {
    /// Whether this secret has been right before, and nothing has changed since.
    func isProved(_ name: String, _ secret: Secret) -> Bool {
        guard let account = accounts.digest(of: name), accounts[name] != nil else { return false }
        return admission.credentials.has(
            name, account: account, secret: configuration.digest(secret), limit: limits.proofs)
    }

    func prove(_ name: String, _ secret: SecretDigest) {
        guard let account = accounts.digest(of: name) else { return }
        admission.credentials.add(name, account: account, secret: secret, limit: limits.proofs)
    }
}

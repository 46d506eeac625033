/// Secrets that were right, as keyed hashes that have no use outside of this run. The next login with the same secret
/// then costs no Argon2 hash.
///
/// An entry is valid for one state of the account: a reset, a removal or another owner makes it void. Only a match is
/// answered from here; a wrong secret costs a hash as before.
struct CredentialCache {
    private struct Proof {
        let account: UInt64
        let secret: SecretDigest
    }

    /// The older half is dropped when the younger one is full.
    private var young: [NameKey: Proof] = [:]
    private var old: [NameKey: Proof] = [:]

    /// - Parameters:
    ///   - name: of the account.
    ///   - account: the digest of what is known of the name.
    mutating func add(_ name: String, account: UInt64, secret: SecretDigest, limit: Int) {
        if young.count >= limit / 2 {
            old = young
            young = [:]
        }
        young[NameKey(exactly: name)] = Proof(account: account, secret: secret)
    }

    mutating func has(_ name: String, account: UInt64, secret: SecretDigest, limit: Int) -> Bool {
        let key = NameKey(exactly: name)
        guard let proof = young[key] ?? old[key], proof.account == account, proof.secret == secret else {
            return false
        }
        // An entry that is used moves to the younger half.
        if young[key] == nil { add(name, account: account, secret: secret, limit: limit) }
        return true
    }
}

extension Node {
    /// The account whose name and secret these are, if the secret has been right before and nothing has changed since.
    func proved(_ username: String, _ secret: Secret) -> Account? {
        guard let account = accounts.account(meantBy: username), let digest = accounts.digest(of: account.name),
            admission.credentials.has(
                account.name, account: digest, secret: configuration.digest(secret), limit: limits.proofs)
        else { return nil }
        return account
    }

    /// - Parameter name: of the account.
    func prove(_ name: String, _ secret: SecretDigest) {
        guard let account = accounts.digest(of: name) else { return }
        admission.credentials.add(name, account: account, secret: secret, limit: limits.proofs)
    }
}

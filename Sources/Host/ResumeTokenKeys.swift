import Secrets
import Synchronization
import Tree

/// The keys of resume tokens, one for each secret that the network has now: two while it is changed.
///
/// A derivation takes some 100 ms of a core and 64 MiB, so a running node lets the thread pool do it, and the loop asks
/// for codes meanwhile.
public final class ResumeTokenKeys: Sendable {
    private let keys = Mutex<[Secret: TokenKey]>([:])

    public init() {}

    /// Derives the keys of these secrets that are missing: for a program's start, or the thread pool.
    ///
    /// - Throws: `PasswordHashError.outOfMemory`.
    public func derive(for secrets: [Secret]) throws(PasswordHashError) {
        for secret in secrets where !keys.withLock({ $0.keys.contains(secret) }) {
            let key = try TokenKey(networkSecret: secret.text)
            keys.withLock { $0[secret] = key }
        }
    }

    /// Forgets the keys of all other secrets.
    public func keep(onlyThoseOf secrets: [Secret]) {
        keys.withLock { keys in keys = keys.filter { secrets.contains($0.key) } }
    }

    /// A keyed hash of 32 bytes; nil if there is no key of this secret.
    public func code(of bytes: [UInt8], under secret: Secret) -> [UInt8]? {
        keys.withLock { $0[secret] }?.code(of: bytes)
    }
}

import CSodium

/// The key of the resume tokens that nodes give to clients. All nodes that know the network's secret derive the same
/// one, so each accepts the tokens of the others.
///
/// It is derived by Argon2id with a fixed salt: every client with a name has a token, and each guess at the network's
/// secret that is tried at a token costs as much as this does.
public struct TokenKey: Sendable {
    private let key: [UInt8]

    /// The cost of the derivation: 2 passes over 64 MiB, some 100 ms.
    private static let cost = HashCost(operations: 2, memoryBytes: 64 << 20)
    /// 16 bytes, as Argon2id needs them in libsodium.
    private static let salt = Array("coppice tokens 1".utf8)

    /// Derives the key. It takes some 100 ms and 64 MiB: for a program's start, or the thread pool.
    public init(networkSecret: String) throws(PasswordHashError) {
        needSodium()
        precondition(Self.salt.count == Int(crypto_pwhash_argon2id_SALTBYTES))
        let cost = Self.cost
        var key = [UInt8](repeating: 0, count: Int(crypto_generichash_KEYBYTES))
        let secret = Array(networkSecret.utf8)
        let status = secret.withUnsafeBytes { bytes in
            "".withCString { empty in
                crypto_pwhash_argon2id(
                    &key, UInt64(key.count), bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty,
                    UInt64(bytes.count), Self.salt, UInt64(cost.operations), cost.memoryBytes,
                    crypto_pwhash_argon2id_alg_argon2id13())
            }
        }
        guard status == 0 else { throw .outOfMemory(cost) }
        self.key = key
    }

    /// A keyed hash (BLAKE2b, RFC 7693) of 32 bytes.
    public func code(of bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(crypto_generichash_BYTES)) { buffer, count in
            let status = crypto_generichash(
                buffer.baseAddress!, buffer.count, bytes, UInt64(bytes.count), key, key.count)
            precondition(status == 0, "BLAKE2b refused its parameters")
            count = Int(crypto_generichash_BYTES)
        }
    }
}

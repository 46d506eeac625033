import COpenSSL

/// The key by which two programs that know one secret prove that to each other: an external pre-shared key of TLS 1.3
/// (RFC 8446, section 2.2; RFC 9258 gives the reasons for a derived one).
///
/// It is derived by scrypt (RFC 7914) with a fixed salt, so that all who know the secret get the same key, and that
/// each guess at a recorded handshake costs 16 MiB and some 50 ms. A long random secret is still what keeps it safe.
/// Whoever makes one on a loop keeps others waiting for that long: make it at the start, or in the thread pool.
public struct LinkKey: Equatable, Sendable {
    /// The bytes of the key.
    package let bytes: [UInt8]
    /// What names the key in a handshake, for all to read. It tells no more than the rest of the handshake does.
    package let identity: [UInt8]

    /// How the names of all keys begin.
    static let identityStart = Array("coppice-link-".utf8)

    /// The cost of scrypt: the number of its blocks of 1 KiB. Every node and every tool pays it once at its start, so
    /// it is as high as 50 ms of a core allow.
    private static let blocks: UInt64 = 16_384
    /// What scrypt may take of memory, in bytes: twice what it needs.
    private static let memoryBytes: UInt64 = 32 << 20
    /// The length of the key in bytes: that of the hash that the handshake uses.
    private static let length = 32

    /// A key that was derived already.
    package init(bytes: [UInt8], identity: [UInt8]) {
        self.bytes = bytes
        self.identity = identity
    }

    /// Derives the key. It takes some 50 ms and 16 MiB.
    public init(secret: String) {
        let salt = Array("coppice link key 1".utf8)
        let secretBytes = Array(secret.utf8)
        var key = [UInt8](repeating: 0, count: Self.length)
        let made = secretBytes.withUnsafeBytes { raw in
            EVP_PBE_scrypt(
                raw.bindMemory(to: CChar.self).baseAddress, raw.count, salt, salt.count, Self.blocks, 8, 1,
                Self.memoryBytes, &key, key.count)
        }
        precondition(made == 1, "scrypt needs 16 MiB of memory")
        bytes = key
        var digest = [UInt8](repeating: 0, count: 32)
        let named = Array("coppice link identity 1".utf8) + key
        precondition(EVP_Digest(named, named.count, &digest, nil, EVP_sha256(), nil) == 1)
        // In digits, so that other programs can be told it as text.
        let digits = Array("0123456789abcdef".utf8)
        identity =
            Self.identityStart + digest.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// The session that stands for the key in a handshake, or nothing without memory. The caller owns it.
    func session(for ssl: OpaquePointer) -> OpaquePointer? {
        // TLS_AES_128_GCM_SHA256: the hash of the session's cipher is the one that the key is used with.
        guard let cipher = SSL_CIPHER_find(ssl, [0x13, 0x01]), let session = SSL_SESSION_new() else { return nil }
        guard
            SSL_SESSION_set1_master_key(session, bytes, bytes.count) == 1,
            SSL_SESSION_set_cipher(session, cipher) == 1,
            SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1
        else {
            SSL_SESSION_free(session)
            return nil
        }
        return session
    }
}

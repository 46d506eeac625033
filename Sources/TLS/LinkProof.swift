import COpenSSL

/// Proves inside of a connection that one knows the secret, where both sides have shown certificates
/// (docs/protocol.md#links-with-certificates).
///
/// It is made from what both ends of this very connection know and nobody else (an exporter, RFC 8446, section 7.5):
/// so it is of no use to somebody who has one connection to each of them, and passes on what they say.
enum LinkProof {
    enum Side: String {
        case dialler
        case answerer

        var other: Side { self == .dialler ? .answerer : .dialler }
    }

    /// So many bytes has one.
    static let count = 32

    private static let label = "EXPORTER-coppice-link"

    /// What the two ends of a connection know together; nil without memory.
    static func exporter(of ssl: OpaquePointer) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        return SSL_export_keying_material(ssl, &bytes, bytes.count, label, label.utf8.count, nil, 0, 0) == 1
            ? bytes : nil
    }

    /// What a side says: HMAC with SHA-256 (RFC 2104). The side is a part of it, so that nobody gets in by saying again
    /// what it was told.
    static func bytes(of side: Side, _ key: LinkKey, over exporter: [UInt8]) -> [UInt8]? {
        let text = Array(side.rawValue.utf8) + exporter
        var proof = [UInt8](repeating: 0, count: count)
        var length: UInt32 = 0
        let made = HMAC(EVP_sha256(), key.bytes, Int32(key.bytes.count), text, text.count, &proof, &length)
        return made != nil && length == count ? proof : nil
    }

    /// Which of the keys a side has proved; nil for none. How long it takes tells nothing of a key.
    static func key(of keys: [LinkKey], provedBy proof: [UInt8], of side: Side, over exporter: [UInt8]) -> LinkKey? {
        keys.first { key in
            guard proof.count == count, let right = bytes(of: side, key, over: exporter) else { return false }
            return CRYPTO_memcmp(right, proof, count) == 0
        }
    }
}

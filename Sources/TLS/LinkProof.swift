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

/// Why a link with certificates hasn't come about.
public enum LinkFault: Hashable, Sendable {
    /// The other side offers one, and this side has no certificate for links.
    case noneHere
    /// This side offers one, and the other has no certificate for links.
    case noneThere
    /// The other side has shown no certificate.
    case notShown
    /// The other side's certificate isn't believed, with a clause that says why.
    case unbelieved(String)
    /// The other side doesn't believe this side's certificate, with a clause that says why.
    case disbelieved(String)

    /// - Parameters:
    ///   - verdict: of the library on the other side's certificate.
    ///   - code: of an error of the library.
    /// - Returns: nil for a fault that has nothing to do with certificates.
    init?(verdict: Int, failure code: UInt, _ reason: String, accepts: Bool) {
        if verdict != Int(X509_V_OK) {
            self = .unbelieved(TLSError.words(ofVerdict: Int32(verdict), isServers: true))
            return
        }
        switch Int32(truncatingIfNeeded: code & 0x7F_FFFF) {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: self = .notShown
        // A node of an earlier version says the second.
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            guard !accepts else { return nil }
            self = .noneThere
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            self = .disbelieved("it was signed by an authority that isn't known there")
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: self = .disbelieved("it has expired")
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
            SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
            SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            self = .disbelieved(reason)
        default: return nil
        }
    }
}

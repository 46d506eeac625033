import COpenSSL

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

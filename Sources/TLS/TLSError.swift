import COpenSSL

/// Why something of TLS couldn't be set up. Each description is a sentence for whoever gave the files.
public enum TLSError: Error, Equatable, CustomStringConvertible {
    /// The library itself failed, for example without memory.
    case library(String)
    /// The certificates can't be read.
    case certificate(String)
    /// The private key can't be read.
    case key(String)
    /// The private key belongs to another certificate.
    case mismatch
    /// The authorities' certificates can't be read.
    case authorities(String)

    public var description: String {
        switch self {
        case .library(let reason): "OpenSSL failed: \(reason)"
        case .certificate(let reason): "the certificate can't be read: \(reason)"
        case .key(let reason): "the private key can't be read: \(reason)"
        case .mismatch: "the private key doesn't belong to the certificate"
        case .authorities(let reason): "the authorities' certificates can't be read: \(reason)"
        }
    }
}

/// What kind of fault has ended a handshake, so that a program can say what to change.
public enum TLSFault: Hashable, Sendable, CaseIterable {
    /// The certificate is for other names.
    case otherName
    case expired
    case notYetValid
    /// The certificate was signed by an authority that isn't known here.
    case unknownAuthority
    /// The certificate isn't believed for another reason.
    case certificate
    /// The other side doesn't speak TLS, or takes none.
    case noTLS
    case other

    init(verdict: Int32) {
        self =
            switch verdict {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .otherName
            case X509_V_ERR_CERT_HAS_EXPIRED: .expired
            case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
            case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
                .unknownAuthority
            default: .certificate
            }
    }

    /// - Parameter code: of an error of the library.
    init(failure code: UInt) {
        self =
            switch Int32(truncatingIfNeeded: code & 0x7F_FFFF) {
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: .noTLS
            default: .other
            }
    }
}

extension TLSError {
    /// Why the other side's certificate isn't believed, for whoever has to correct it.
    static func words(ofVerdict verdict: Int32, isServers: Bool) -> String {
        let words =
            switch TLSFault(verdict: verdict) {
            case .otherName: "is for other names than this one"
            case .expired: "has expired"
            case .notYetValid: "is not valid yet"
            case .unknownAuthority: "was signed by an authority that isn't known here"
            default: "isn't believed"
            }
        let subject = isServers ? "its certificate" : "the client's certificate"
        return "\(subject) \(words) (\(String(cString: X509_verify_cert_error_string(Int(verdict)))))"
    }

    /// What an error of the library means.
    static func words(ofFailure code: UInt, _ reason: String) -> String {
        switch Int32(truncatingIfNeeded: code & 0x7F_FFFF) {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST: "it doesn't speak TLS (\(reason))"
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: "it takes no TLS of this kind, or none at all (\(reason))"
        default: reason
        }
    }
}

/// The first error that OpenSSL noted since the last call of `ERR_clear_error`, in its words.
func libraryReason() -> String {
    let code = ERR_get_error()
    defer { ERR_clear_error() }
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason given" }
    return String(cString: text)
}

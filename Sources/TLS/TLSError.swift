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

/// The first error that OpenSSL noted since the last call of `ERR_clear_error`, in its words.
func libraryReason() -> String {
    let code = ERR_get_error()
    defer { ERR_clear_error() }
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason given" }
    return String(cString: text)
}

import CoppiceClient
import TLS
import Tree

/// How a program is told which server to talk to: the flags that its advice names.
public struct ServerFlags: Sendable {
    let both: String
    let host: String

    /// Of most programs.
    public static let hostAndPort = ServerFlags(both: "-rh/--host and -rp/--port", host: "-rh/--host")
    /// Of `coppice drain`.
    public static let at = ServerFlags(both: "--at", host: "--at")
    /// Of `coppice config`.
    public static let of = ServerFlags(both: "--of", host: "--of")

    /// What to do about the wrong server.
    public var advice: String { "check \(both)" }
}

extension ConnectionFailure {
    /// What to do about it: the flags that can be its reason, and no others.
    func advice(_ flags: ServerFlags = .hostAndPort) -> String {
        switch kind {
        case .name(isKnownToNobody: true): "check \(flags.host)"
        case .name(isKnownToNobody: false):
            "check \(flags.host), and this machine's network and name servers (/etc/resolv.conf)"
        case .tls(let fault): fault.advice(flags)
        case .unproved: "check \(SecretKind.tool.places), and \(flags.both)"
        case .other: flags.advice
        }
    }
}

extension TLSFault {
    fileprivate func advice(_ flags: ServerFlags) -> String {
        switch self {
        case .otherName:
            "come by a name in its certificate (\(flags.host)), or give the server a certificate for this one "
                + "(--tls-cert)"
        case .expired: "give the server a new certificate (--tls-cert), or set this machine's clock"
        case .notYetValid: "set this machine's clock, or the one on which the certificate was made"
        case .unknownAuthority: "name the file with its authority's certificate (--ca)"
        case .certificate: "check the server's certificate (--tls-cert), and --ca"
        case .noTLS: "leave --tls out, or give the server a certificate (--tls-cert, --tls-key); check \(flags.both)"
        case .other: "check --tls, --ca and \(flags.both)"
        }
    }
}

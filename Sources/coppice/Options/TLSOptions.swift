import ArgumentParser
import Host

/// A node's certificate for clients with TLS, and its rules for clients without it.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Certificate for the names of this node, and those up to its authority, as PEM: clients may use TLS at the "
                + "same port then. Read again when it changes and on SIGHUP. (default: none, no TLS)",
            valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Private key of the certificate, as PEM without a password.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Authorities whose certificates of users are believed, as PEM: who shows one logs in by the common name in "
                + "it without a secret. (default: none)", valueName: "file"))
    var tlsClientCa: String?

    @Flag(help: "Let users show their secrets in clear from other machines, where others can read them.")
    var allowPlain = false

    @Option(help: ArgumentHelp("TLS handshakes at a time; past it the oldest one is closed.", valueName: "count"))
    var maxHandshakes = Settings.standardHandshakes

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        if (tlsCert == nil) != (tlsKey == nil) {
            let (given, missing) = tlsCert == nil ? ("--tls-key", "--tls-cert") : ("--tls-cert", "--tls-key")
            throw ValidationError("\(given) needs \(missing): a certificate and its private key belong together")
        }
        if tlsClientCa != nil, tlsCert == nil {
            throw ValidationError("--tls-client-ca needs --tls-cert and --tls-key")
        }
    }

    /// Nil for a node without TLS.
    var files: TLSFiles? {
        guard let tlsCert, let tlsKey else { return nil }
        return TLSFiles(certificate: tlsCert, key: tlsKey, clientAuthorities: tlsClientCa)
    }
}

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
            "Certificates of the authorities that sign users' certificates, as PEM. A client that shows a certificate "
                + "signed by one of them logs in without a secret, under the common name in its certificate. "
                + "(default: none)", valueName: "file"))
    var tlsClientCa: String?

    @Flag(help: "Let users log in from other machines without TLS. Whoever can listen on the way learns their secrets.")
    var allowPlain = false

    @Flag(
        help: ArgumentHelp(
            "Let links to other nodes, and tools on other machines, be in clear where the other side doesn't encrypt: "
                + "whoever listens in learns the secret. Only for networks that nobody else reaches."))
    var plainLinks = false

    @Option(
        help: ArgumentHelp("TLS handshakes under way at a time; past it the oldest one is closed.", valueName: "count"))
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

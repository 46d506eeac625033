import ArgumentParser
import Host

/// A node's certificates, for clients with TLS and for links, and its rules for those without them.
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

    @Option(
        help: ArgumentHelp(
            "Certificate of this node for links to other nodes, and those up to its authority, as PEM. Links need a "
                + "certificate on both sides then, besides the secret. Read again when it changes and on SIGHUP. "
                + "(default: none, the secret alone)", valueName: "file"))
    var linkCert: String?

    @Option(
        help: ArgumentHelp(
            "Private key of the certificate for links, as PEM without a password.", valueName: "file"))
    var linkKey: String?

    @Option(
        help: ArgumentHelp(
            "Certificates of the authorities that sign nodes' certificates for links, as PEM.", valueName: "file"))
    var linkCa: String?

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
        let forLinks = [("--link-cert", linkCert), ("--link-key", linkKey), ("--link-ca", linkCa)]
        let missing = forLinks.filter { $0.1 == nil }.map(\.0)
        if let given = forLinks.first(where: { $0.1 != nil })?.0 {
            guard missing.isEmpty else {
                throw ValidationError(
                    "\(given) needs \(missing.joined(separator: " and ")): links need a certificate, its private key, "
                        + "and the authorities that sign those of other nodes")
            }
            if plainLinks {
                throw ValidationError("--link-cert excludes --plain-links: a link in clear has no certificates")
            }
        }
    }

    /// Nil for links by the secret alone.
    var linkFiles: TLSFiles? {
        guard let linkCert, let linkKey, let linkCa else { return nil }
        return TLSFiles(linkCertificate: linkCert, key: linkKey, authorities: linkCa)
    }

    /// Nil for a node without TLS.
    var files: TLSFiles? {
        guard let tlsCert, let tlsKey else { return nil }
        return TLSFiles(certificate: tlsCert, key: tlsKey, clientAuthorities: tlsClientCa)
    }
}

import TLS
import UV

/// The files by which a node shows who it is: to those who connect with TLS, or to other nodes on links.
public struct TLSFiles: Sendable {
    /// Whom the certificate is shown to.
    public enum Use: Sendable {
        case clients
        case nodes

        var certificateFlag: String { self == .clients ? "--tls-cert" : "--link-cert" }
        var keyFlag: String { self == .clients ? "--tls-key" : "--link-key" }
        var authoritiesFlag: String { self == .clients ? "--tls-client-ca" : "--link-ca" }
    }

    public let use: Use
    /// The node's certificate, with those that lead from it to its authority, as PEM.
    public let certificate: String
    /// Its private key, as PEM and without a password.
    public let key: String
    /// Authorities that sign certificates of users, or of other nodes; nil if nobody is asked for one.
    public let authorities: String?

    /// For clients, whose certificate is for the names of this node.
    public init(certificate: String, key: String, clientAuthorities: String?) {
        use = .clients
        self.certificate = certificate
        self.key = key
        authorities = clientAuthorities
    }

    /// For links, where names in certificates aren't looked at.
    public init(linkCertificate: String, key: String, authorities: String) {
        use = .nodes
        certificate = linkCertificate
        self.key = key
        self.authorities = authorities
    }

    /// Why the files can't be used: a sentence that names the flag.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// What is in the files.
    struct Contents: Hashable, Sendable {
        let certificate: [UInt8]
        let key: [UInt8]
        let authorities: [UInt8]?
        /// Others than the owner may read the key.
        let isKeyReadableByOthers: Bool

        var identity: TLSContext.Identity { .init(chain: certificate, key: key) }
    }

    /// What connections begin with.
    struct Contexts {
        /// Those that others make.
        let accepting: TLSContext
        /// Links that this node makes; nil if the certificate isn't for links. Its copies prove a key.
        let dialling: TLSContext?
    }

    /// Reads the files. It blocks.
    func read() throws(Failure) -> Contents {
        Contents(
            certificate: try Self.read(certificate, use.certificateFlag), key: try Self.read(key, use.keyFlag),
            authorities: try authorities.map { path throws(Failure) in
                try Self.read(path, use.authoritiesFlag)
            }, isKeyReadableByOthers: Files.isReadableByOthers(key))
    }

    private static func read(_ path: String, _ flag: String) throws(Failure) -> [UInt8] {
        do {
            return try Files.read(path, limitBytes: Settings.certificateBytes)
        } catch {
            throw Failure(description: "\(error): check \(flag)")
        }
    }

    /// Makes of what is in the files what connections need.
    func contexts(of contents: Contents) throws(Failure) -> Contexts {
        do {
            switch use {
            case .clients:
                return Contexts(
                    accepting: try TLSContext(accepting: contents.identity, clientAuthorities: contents.authorities),
                    dialling: nil)
            case .nodes:
                let authorities = contents.authorities ?? []
                return Contexts(
                    accepting: try TLSContext(acceptingNodesAs: contents.identity, signedBy: authorities),
                    dialling: try TLSContext(connectingAsNode: contents.identity, signedBy: authorities))
            }
        } catch {
            let (path, flag) =
                switch error {
                case .key: (key, use.keyFlag)
                case .authorities: (authorities ?? "", use.authoritiesFlag)
                case .mismatch, .certificate, .library: (certificate, use.certificateFlag)
                }
            let flags = error == .mismatch ? "\(use.certificateFlag) and \(use.keyFlag)" : flag
            throw Failure(description: "\(path): \(error): check \(flags)")
        }
    }
}

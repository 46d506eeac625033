import TLS
import UV

/// The files by which a node shows who it is to those who connect with TLS.
public struct TLSFiles: Sendable {
    /// A certificate for the names of this node, with those that lead from it to its authority, as PEM.
    public let certificate: String
    /// Its private key, as PEM and without a password.
    public let key: String
    /// Authorities that sign certificates of users; nil if nobody is asked for one.
    public let clientAuthorities: String?

    public init(certificate: String, key: String, clientAuthorities: String?) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// Why the files can't be used: a sentence that names the flag.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// What is in the files.
    struct Contents: Hashable, Sendable {
        let certificate: [UInt8]
        let key: [UInt8]
        let clientAuthorities: [UInt8]?
        /// Others than the owner may read the key.
        let isKeyReadableByOthers: Bool
    }

    /// Reads the files. It blocks.
    func read() throws(Failure) -> Contents {
        Contents(
            certificate: try Self.read(certificate, "--tls-cert"), key: try Self.read(key, "--tls-key"),
            clientAuthorities: try clientAuthorities.map { path throws(Failure) in
                try Self.read(path, "--tls-client-ca")
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
    func context(of contents: Contents) throws(Failure) -> TLSContext {
        do {
            return try TLSContext(
                accepting: .init(chain: contents.certificate, key: contents.key),
                clientAuthorities: contents.clientAuthorities)
        } catch {
            let (path, flag) =
                switch error {
                case .key: (key, "--tls-key")
                case .authorities: (clientAuthorities ?? "", "--tls-client-ca")
                case .mismatch, .certificate, .library: (certificate, "--tls-cert")
                }
            let flags = error == .mismatch ? "--tls-cert and --tls-key" : flag
            throw Failure(description: "\(path): \(error): check \(flags)")
        }
    }
}

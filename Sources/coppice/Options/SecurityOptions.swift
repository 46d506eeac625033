import ArgumentParser
import Client
import TLS
import Tree
import UV

/// Whether a program connects with TLS, and which certificates it accepts.
struct SecurityOptions: ParsableArguments {
    @Flag(help: "Connect with TLS. The server has to show a valid certificate for its host name.")
    var tls = false

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "With --tls: certificates of the authorities to trust, as PEM. (default: those that this machine trusts)",
            valueName: "file"))
    var authorities: String?

    @Flag(help: "With --tls: accept any certificate. Somebody else may then answer in the server's place and read all.")
    var insecure = false

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        if authorities != nil, !tls { throw ValidationError("--ca needs --tls") }
        if insecure, !tls { throw ValidationError("--insecure needs --tls") }
        if insecure, authorities != nil { throw ValidationError("--insecure and --ca exclude each other") }
    }

    /// The certificates to accept; nil for a connection in clear. It reads the file.
    func trust() throws -> TLSContext.Trust? {
        guard tls else { return nil }
        guard !insecure else { return .anybody }
        guard let authorities else { return .system }
        do throws(FileError) {
            return .authorities(try Files.read(authorities, limitBytes: 4 << 20))
        } catch {
            throw Complaint("\(error): check --ca")
        }
    }

    /// The context of new connections to a node: as `context()`, or without certificates one that has to prove that it
    /// knows the secret. That takes some 50 ms.
    func context(proving secret: String) throws -> TLSContext {
        if let context = try context() { return context }
        do throws(TLSError) { return try TLSContext(connecting: .link(LinkKey(secret: secret))) } catch {
            throw Complaint("\(error)")
        }
    }

    /// The context of new connections; nil for connections in clear. Warns if certificates aren't verified.
    func context() throws -> TLSContext? {
        if insecure {
            StandardError.write("Warning: --insecure: whoever answers is believed, and gets what you send\n")
        }
        guard let trust = try trust() else { return nil }
        do throws(TLSError) {
            return try TLSContext(connecting: trust)
        } catch {
            throw Complaint(authorities.map { "\($0): \(error): check --ca" } ?? "\(error)")
        }
    }
}

extension NodeAccess {
    /// As the flags of a tool say. That takes some 50 ms without a certificate.
    ///
    /// - Throws: what is missing, or can't be read.
    init(
        _ address: Address, _ secret: NodeSecretOptions, _ security: SecurityOptions,
        namedBy flags: ServerFlags = .hostAndPort
    ) throws {
        let secret = try secret.required()
        self.init(address, secret: secret, tls: try security.context(proving: secret), namedBy: flags)
    }
}

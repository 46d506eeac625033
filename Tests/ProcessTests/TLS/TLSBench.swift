import Foundation

/// Certificates for a test, made by `coppice certificate`, and clients that use them.
struct TestCertificates {
    let folder: String
    var authority: String { folder + "/authority.pem" }
    var certificate: String { folder + "/node.pem" }
    var key: String { folder + "/node.key" }
    var nodeFlags: [String] { ["--tls-cert", certificate, "--tls-key", key] }
    var clientFlags: [String] { ["--tls", "--ca", authority] }
}

/// Certificates for links, made by `coppice certificate` for a node each, and the authority that signed them.
struct LinkCertificates {
    let folder: String
    var authority: String { folder + "/authority.pem" }

    func certificate(_ name: String) -> String { "\(folder)/\(name).pem" }
    func key(_ name: String) -> String { "\(folder)/\(name).key" }

    func flags(_ name: String, believing authority: String? = nil) -> [String] {
        ["--link-cert", certificate(name), "--link-key", key(name), "--link-ca", authority ?? self.authority]
    }
}

extension Bench {
    /// - Parameter hosts: the names that the certificate is for.
    func certificates(
        _ name: String = "certificates", for hosts: [String] = ["localhost", "127.0.0.1"], _ flags: [String] = []
    ) throws -> TestCertificates {
        let made = TestCertificates(folder: "\(folder)/\(name)")
        let run = try run(["certificate", "--folder", made.folder, "--for"] + hosts + flags)
        guard run.status == 0 else { throw Failure("coppice certificate failed: \(run.errors)") }
        return made
    }

    /// - Parameter nodes: one certificate each.
    func linkCertificates(
        _ name: String = "links", for nodes: [String] = ["n1", "n2", "n3"], _ flags: [String] = []
    ) throws -> LinkCertificates {
        let made = LinkCertificates(folder: "\(folder)/\(name)")
        let run = try run(["certificate", "--folder", made.folder, "--link"] + nodes + flags)
        guard run.status == 0 else { throw Failure("coppice certificate failed: \(run.errors)") }
        return made
    }

    /// OpenSSL's own client: what is written to it goes out as lines, what comes in is printed.
    func opensslClient(at node: Node, _ certificates: TestCertificates, _ flags: [String] = []) throws -> Program {
        try program(
            "openssl", path: "/usr/bin/openssl",
            [
                "s_client", "-connect", "127.0.0.1:\(node.port)", "-CAfile", certificates.authority,
                "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-no_ign_eof",
            ] + flags)
    }

    /// A client's first record, by Python's library.
    func clientHello() throws -> [UInt8] {
        let script = """
            import ssl
            c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
            i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
            s = c.wrap_bio(i, o)
            try: s.do_handshake()
            except ssl.SSLWantReadError: pass
            print(o.read().hex())
            """
        let program = try program("hello", path: "/usr/bin/env", ["python3", "-c", script])
        let text = Array(try program.readLine().utf8)
        try forget(program)
        return stride(from: 0, to: text.count - 1, by: 2).map {
            UInt8(String(decoding: text[$0...$0 + 1], as: UTF8.self), radix: 16)!
        }
    }
}

extension Program {
    /// The next line, which has to be a message with this command.
    @discardableResult
    func expect(_ command: String, file: StaticString = #fileID, line: UInt = #line) throws -> JSONValue {
        let text = try readLine(file: file, line: line)
        let message = try JSONParser.parse(Array(text.utf8))
        guard message["command"] == .string(command) else {
            throw Failure("\(name): expected \(command), got \(text)", file: file, line: line)
        }
        return message
    }
}

extension BaseClient {
    /// All bytes up to the end of the connection, which has to be an orderly one.
    func readBytesToEnd(file: StaticString = #fileID, line: UInt = #line) throws -> [UInt8] {
        var all: [UInt8] = []
        let deadline = Deadline(within: Self.patience)
        while true {
            switch descriptor.readLine(until: deadline) {
            case .line(let bytes): all += bytes + [0x0A]
            case .end(let rest): return all + rest
            case .reset: throw failure("the connection was reset instead of ended", file, line)
            case .tooLate: throw failure("the connection is still open", file, line)
            }
        }
    }
}

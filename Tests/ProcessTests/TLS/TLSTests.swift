import Foundation
import Testing

extension RealPrograms {
    /// Clients that use TLS, at the same port as those that don't.
    @Suite struct TLSTests {}
}

private let logIn = #"{"command":"LOGIN","username":"anonymous"}"#

extension RealPrograms.TLSTests {
    @Test func `Clients with TLS and without hear each other at one port`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let plain = try bench.client(at: node)
            let client = try bench.program(
                "client", ["client", "-rp", String(node.port), "--json", "--linger", "60"] + certificates.clientFlags)
            try client.write("encrypted")
            try plain.hear(["object": "encrypted"])
            try plain.say(["n": 1])
            #expect(try client.expect("ACTIVITY_BROADCAST")["activity"]?["object"] == "encrypted")
            #expect(try client.expect("ACTIVITY_BROADCAST")["activity"]?["n"] == 1)
            client.signal(SIGTERM)
            try bench.forget(client)
            try eventually("its handshake is counted") {
                let counts = try bench.tree(at: node).value["counts"]
                return counts?["handshakes"]?.integer == 1 && counts?["handshakes_failed"]?.integer == 0
            }
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `OpenSSL's client logs in, says much at once, and hears it`(version: String) throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let client = try bench.opensslClient(at: node, certificates, [version])
            try client.write(logIn)
            try client.expect("LOGIN_SUCCESS")
            let listener = try bench.client(at: node)
            let text = String(repeating: "x", count: 20_000)
            for number in 0..<50 {
                let activity = #"{"n":\#(number),"t":"\#(text)"}"#
                try client.write(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":\#(activity)}"#)
                try listener.hear(["n": .integer(number), "t": .string(text)])
                #expect(try client.expect("ACTIVITY_BROADCAST")["activity"]?["n"]?.integer == number)
            }
            client.closeInput()
            try bench.forget(client)
        }
    }

    @Test(arguments: ["-tls1_1", "-tls1"])
    func `What is too old is refused`(version: String) throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let client = try bench.opensslClient(at: node, certificates, [version, "-cipher", "ALL:@SECLEVEL=0"])
            #expect(try client.waitForEnd() != .exited(0))
            try eventually("it is counted") {
                try bench.tree(at: node).value["counts"]?["handshakes_failed"]?.integer == 1
            }
        }
    }

    @Test func `Python's library logs in and hears, also after its certificate was looked at closely`() throws {
        try onBench { bench in
            let certificates = try bench.certificates(for: ["localhost"])
            let node = try bench.node("node", certificates.nodeFlags)
            let script = """
                import socket, ssl, sys
                c = ssl.create_default_context(cafile=sys.argv[2])
                raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                s = c.wrap_socket(raw, server_hostname="localhost")
                s.sendall(b'\(logIn)\\n')
                f = s.makefile("rb")
                print(f.readline().decode(), end="", flush=True)
                print(f.readline().decode(), end="", flush=True)
                """
            let client = try bench.program(
                "python", path: "/usr/bin/env",
                ["python3", "-c", script, String(node.port), certificates.authority])
            try client.expect("LOGIN_SUCCESS")
            try bench.client(at: node).say(["n": 1])
            #expect(try client.expect("ACTIVITY_BROADCAST")["activity"]?["n"] == 1)
            try bench.forget(client)
        }
    }

    @Test func `Whoever can't prove the host's name gets nothing, and the client says why`() throws {
        try onBench { bench in
            let right = try bench.certificates("right")
            let stranger = try bench.certificates("stranger")
            let elsewhere = try bench.certificates("elsewhere", for: ["node.example"])
            let over = try bench.certificates("over", for: ["localhost"], ["--days", "0"])
            let cases: [(server: TestCertificates, flags: [String], words: String)] = [
                (elsewhere, elsewhere.clientFlags, "is for other names than this one"),
                (over, over.clientFlags, "has expired"),
                (stranger, right.clientFlags, "signed by an authority that isn't known here"),
                (right, ["--tls"], "signed by an authority that isn't known here"),
            ]
            for (server, flags, words) in cases {
                let node = try bench.node("node", server.nodeFlags)
                let run = try bench.run(
                    ["account", "secret", "anna", "-rp", String(node.port), "-s", "old"] + flags,
                    environment: ["COPPICE_NEW_SECRET": "new"])
                #expect(run.status == 1)
                #expect(run.errors.contains(words), "\(run.errors)")
                #expect(run.errors.contains("Nothing was changed"), "\(run.errors)")
                let tree = try bench.run(["tree", "-rp", String(node.port), "-s", node.secret] + flags)
                #expect(tree.status == 1)
                #expect(tree.errors.contains(words), "\(tree.errors)")
                let careless = try bench.run(
                    ["tree", "-rp", String(node.port), "-s", node.secret, "--json", "--tls", "--insecure"])
                #expect(careless.status == 0)
                #expect(careless.errors.contains("--insecure"), "\(careless.errors)")
            }
        }
    }

    @Test func `The tools use TLS`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let flags = ["-rp", String(node.port)] + certificates.clientFlags
            let client = try bench.program(
                "client", ["client", "-u", "anna", "-s", "one", "--register"] + flags)
            client.closeInput()
            #expect(try client.waitForEnd() == .exited(0))
            let changed = try bench.run(
                ["account", "secret", "anna", "-s", "one"] + flags, environment: ["COPPICE_NEW_SECRET": "two"])
            #expect(changed.status == 0, "\(changed.errors)")
            let list = try bench.run(["account", "list", "-s", node.secret] + flags)
            #expect(list.output.contains("anna"), "\(list.errors)")
            let tree = try bench.run(["tree", "-s", node.secret, "--json"] + flags)
            #expect(tree.status == 0, "\(tree.errors)")
            let flood = try bench.run(
                ["flood", "--nodes", "localhost:\(node.port)", "--clients", "50", "--duration", "1"]
                    + certificates.clientFlags)
            #expect(flood.status == 0, "\(flood.errors)\(flood.output)")
        }
    }

    @Test func `A node without a certificate says by an alert that it takes no TLS`() throws {
        try onBench { bench in
            let node = try bench.node()
            let run = try bench.run(["tree", "-rp", String(node.port), "-s", node.secret, "--tls", "--insecure"])
            #expect(run.status == 1)
            #expect(run.errors.contains("it takes no TLS of this kind, or none at all"), "\(run.errors)")
            try node.program.expectLogged("this node has no certificate (--tls-cert, --tls-key)")
        }
    }

    @Test func `A client with TLS that answers in clear is told that it doesn't speak TLS`() throws {
        try onBench { bench in
            let server = try bench.program(
                "clear", path: "/usr/bin/env",
                [
                    "python3", "-c",
                    """
                    import socket
                    l = socket.create_server(("127.0.0.1", 0))
                    print(l.getsockname()[1], flush=True)
                    c, _ = l.accept()
                    print(c.recv(65536).startswith(b"\\x16\\x03"), flush=True)
                    c.sendall(b'{"command":"LOGIN_SUCCESS"}\\n')
                    print(c.recv(65536)[:1] != b"{", flush=True)
                    """,
                ])
            let port = try server.readLine()
            let run = try bench.run(
                ["account", "secret", "anna", "-rp", port, "-s", "old", "--tls", "--insecure"],
                environment: ["COPPICE_NEW_SECRET": "new"])
            #expect(run.status == 1)
            #expect(run.errors.contains("it doesn't speak TLS"), "\(run.errors)")
            #expect(try server.readLine() == "True")
            #expect(try server.readLine() == "True")
            try bench.forget(server)
        }
    }

    @Test func `After its node's death a client with TLS goes on at another one, and misses nothing`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let root = try bench.node("root", certificates.nodeFlags)
            let child = try bench.node("child", under: root, certificates.nodeFlags)
            try bench.waitForPath(of: child, [root])
            let speaker = try bench.client(at: root)
            let client = try bench.program(
                "client", ["client", "-rp", String(child.port), "--json", "--linger", "60"] + certificates.clientFlags)
            try client.write(#"{"here":1}"#)
            try speaker.hear(["here": 1])
            try client.expect("ACTIVITY_BROADCAST")
            for number in 0..<20 {
                if number == 10 { child.killHard() }
                try speaker.say(["n": .integer(number)])
            }
            for number in 0..<20 {
                #expect(try client.expect("ACTIVITY_BROADCAST")["activity"]?["n"]?.integer == number)
            }
            client.signal(SIGTERM)
            try bench.forget(client)
        }
    }
}

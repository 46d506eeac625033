import Foundation
import Testing

extension RealPrograms {
    /// Nodes behind a balancer, which says by a header whom its connections come from.
    @Suite struct BalancerTests {}
}

extension RealPrograms.BalancerTests {
    private static let login = Array(#"{"command":"LOGIN","username":"anonymous"}"#.utf8) + [10]

    private static func line(_ address: String, port: Int = 51_312) -> [UInt8] {
        Array("PROXY TCP4 \(address) 192.0.2.1 \(port) 3780\r\n".utf8)
    }

    private static func binary(_ client: [UInt8]) -> [UInt8] {
        let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
        // A value behind the addresses is skipped: 0x02 is the host name that the client asked for.
        return signature + [0x21, 0x11, 0, 18] + client + [192, 0, 2, 1, 0xC8, 0x70, 0x0E, 0xC4] + [
            2, 0, 3, 97, 46, 98,
        ]
    }

    private func node(_ bench: Bench, _ flags: [String] = [], from ranges: String = "127.0.0.1") throws -> Node {
        try bench.node("node", ["--proxy-from", ranges] + flags)
    }

    @Test func `Limits by address and lines of the log mean the client, not the balancer`() throws {
        try onBench { bench in
            let node = try node(bench, ["--max-clients-per-address", "2"])
            func enter(_ header: [UInt8]) throws -> BaseClient {
                let client = try bench.connect(to: node)
                try client.send(bytes: header + Self.login)
                return client
            }
            for _ in 0..<2 { try enter(Self.line("203.0.113.7")).expect("LOGIN_SUCCESS") }
            for header in [Self.line("203.0.113.7", port: 9), Self.binary([203, 0, 113, 7])] {
                let third = try enter(header)
                try third.expect("INVALID_MESSAGE")
                try third.expectEnd()
            }
            try enter(Self.line("203.0.113.8")).expect("LOGIN_SUCCESS")
            try enter(Self.binary([203, 0, 113, 9])).expect("LOGIN_SUCCESS")
            // Whoever shows a wrong secret of the network is named in the log.
            let guesser = try bench.connect(to: node)
            try guesser.send(
                bytes: Self.binary([198, 51, 100, 23]) + Array("{\"command\":\"AUTHENTICATE\",\"secret\":\"x\"}\n".utf8)
            )
            try guesser.expect("AUTHENTICATION_FAIL")
            try eventually("the log names the client") { node.program.errors.contains("198.51.100.23") }
            let lines = node.program.errors.split(separator: "\n").filter { $0.contains("wrong secret") }
            #expect(lines.allSatisfy { !$0.contains("127.0.0.1") }, "\(lines)")
            // So a secret in clear is refused, though the balancer runs on this machine.
            let anna = try bench.connect(to: node)
            try anna.send(
                bytes: Self.line("203.0.113.9")
                    + Array("{\"command\":\"REGISTER\",\"username\":\"anna\",\"secret\":\"s\"}\n".utf8))
            let refusal = try anna.expect("REGISTER_FAILED")
            #expect(refusal["info"]?.text?.contains("--allow-plain") == true)
        }
    }

    @Test func `A header may come in pieces, and TLS or lines begin right behind it`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try node(bench, certificates.nodeFlags)
            for header in [Self.line("203.0.113.7"), Self.binary([203, 0, 113, 7])] {
                let slow = try bench.connect(to: node)
                for byte in header + Self.login.prefix(5) {
                    try slow.send(bytes: [byte])
                    usleep(1000)
                }
                try slow.send(bytes: Array(Self.login.dropFirst(5)))
                try slow.expect("LOGIN_SUCCESS")
            }
            let script = """
                import socket, ssl, sys
                c = ssl.create_default_context(cafile=sys.argv[2])
                for header in sys.argv[3:]:
                    raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                    raw.sendall(bytes.fromhex(header))
                    s = c.wrap_socket(raw, server_hostname="localhost")
                    s.sendall(b'{"command":"REGISTER","username":"u%s","secret":"s"}\\n' % header[-12:].encode())
                    print(s.makefile().readline(), end="", flush=True)
                """
            let headers = [Self.line("203.0.113.7"), Self.binary([203, 0, 113, 7])].map { header in
                header.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            let client = try bench.program(
                "python", path: "/usr/bin/env",
                ["python3", "-c", script, String(node.port), certificates.authority] + headers)
            for _ in headers { try client.expect("REGISTER_SUCCESS") }
            try bench.forget(client)
        }
    }

    @Test func `A balancer that looks whether the node is there gets in as itself, or says nothing`() throws {
        try onBench { bench in
            let node = try node(bench)
            let local = Array(Self.binary([1, 2, 3, 4]).prefix(12)) + [0x20, 0, 0, 0]
            for header in [local, Array("PROXY UNKNOWN\r\n".utf8)] {
                let balancer = try bench.connect(to: node)
                try balancer.send(bytes: header + Self.login)
                try balancer.expect("LOGIN_SUCCESS")
            }
            for bytes in [[], local] {
                let check = try bench.connect(to: node)
                if !bytes.isEmpty { try check.send(bytes: bytes) }
                check.finishSending()
                try check.expectEnd()
            }
            #expect(!node.program.errors.contains("PROXY"), "\(node.program.errors)")
        }
    }

    @Test func `A balancer's connection without a whole header is told and closed, in time`() throws {
        try onBench { bench in
            let node = try node(bench)
            for bytes in [Self.login, [0x16, 3, 1, 0, 200], Array("PROXY TCP9 a b c d\r\n".utf8)] {
                let client = try bench.connect(to: node)
                try client.send(bytes: bytes)
                let told = try client.expect("INVALID_MESSAGE")
                #expect(told["info"]?.text?.contains("PROXY header") == true)
                try client.expectEnd()
            }
            let cut = try bench.connect(to: node)
            try cut.send(bytes: Array(Self.line("203.0.113.7").prefix(20)))
            cut.finishSending()
            try cut.expect("INVALID_MESSAGE")
            try node.program.expectLogged("127.0.0.1, which is in --proxy-from")
            let silent = try bench.connect(to: node, "silent")
            let slow = try bench.connect(to: node, "slow")
            for byte in Self.line("203.0.113.7").prefix(10) {
                try slow.send(bytes: [byte])
                usleep(300_000)
            }
            for client in [silent, slow] {
                try client.expect("INVALID_MESSAGE", within: .seconds(20))
                try client.expectEnd()
            }
        }
    }

    @Test func `From others a header is an error, and so is a second one`() throws {
        try onBench { bench in
            let plain = try bench.node("without balancers")
            let other = try node(bench, from: "127.0.0.9,10.0.0.0/8,::1")
            for (node, header) in [(plain, Self.line("203.0.113.7")), (other, Self.binary([203, 0, 113, 7]))] {
                let client = try bench.connect(to: node)
                try client.send(bytes: header + Self.login)
                let told = try client.expect("INVALID_MESSAGE")
                #expect(told["info"]?.text?.contains("--proxy-from") == true)
                try client.expectEnd()
                try eventually("it is logged", within: .seconds(10)) {
                    node.program.errors.contains("PROXY header of 127.0.0.1")
                }
                try bench.client(at: node).say(["n": 1])
            }
            let balancer = BaseClient(try Sockets.connect(port: other.port, from: 0x7F00_0009), name: "balancer")
            defer { balancer.close() }
            try balancer.send(bytes: Self.line("203.0.113.7") + Self.line("203.0.113.8") + Self.login)
            try balancer.expect("INVALID_MESSAGE")
            try balancer.expectEnd()
        }
    }

    @Test func `What --proxy-from can't be is refused with its name`() throws {
        try onBench { bench in
            for text in ["", "10.0.0.1/8", "balancer.example", "10.0.0.0/8,", "10.0.0.0/33"] {
                let run = try bench.run(["node", "-lp", "0", "--memory", "--proxy-from", text])
                #expect(run.status != 0)
                #expect(run.errors.contains("--proxy-from"), "\(run.errors)")
            }
        }
    }

    @Test(
        .enabled(if: HAProxy.path != nil, Comment(rawValue: HAProxy.refusal)),
        arguments: ["send-proxy", "send-proxy-v2"])
    func `HAProxy passes clients on, with TLS and without, and checks the node's health`(header: String) throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try node(bench, certificates.nodeFlags)
            let (port, haproxy) = try HAProxy.start(
                on: bench, before: node.port, header: "\(header) check inter 100ms check-send-proxy")
            defer { HAProxy.end(haproxy) }
            let client = BaseClient(try Sockets.connect(port: port, from: 0x7F00_0017), name: "client")
            defer { client.close() }
            try client.login(as: "anonymous")
            try client.say(["n": 1])
            try client.hear(["n": 1])
            let guesser = BaseClient(try Sockets.connect(port: port, from: 0x7F00_0018), name: "guesser")
            defer { guesser.close() }
            try guesser.send(["command": "AUTHENTICATE", "secret": "x"])
            try guesser.expect("AUTHENTICATION_FAIL")
            try eventually("the log names the client") { node.program.errors.contains("127.0.0.24") }
            let tree = try bench.run(
                ["tree", "-rh", "localhost:\(port)", "-s", node.secret, "--json"] + certificates.clientFlags)
            #expect(tree.status == 0, "\(tree.errors)")
            #expect(!node.program.errors.contains("PROXY header"), "\(node.program.errors)")
        }
    }
}

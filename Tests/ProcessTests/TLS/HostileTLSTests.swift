import Foundation
import Testing

extension RealPrograms {
    /// Clients that begin TLS and mean no good.
    @Suite struct HostileTLSTests {}
}

extension RealPrograms.HostileTLSTests {
    @Test func `Garbage after the first bytes of TLS is answered by an alert, and closed`() throws {
        try onBench { bench in
            let node = try bench.node("node", try bench.certificates().nodeFlags)
            let witness = try bench.client(at: node, "witness")
            for garbage in [[0x16, 3, 1, 0, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x16, 3, 3, 0xFF, 0xFF]] as [[UInt8]] {
                let client = try bench.connect(to: node, "garbage")
                try client.send(bytes: garbage + [UInt8](repeating: 0xAA, count: 300))
                #expect(try client.readBytesToEnd().first == 21)
            }
            // More than any client says before it was answered.
            let much = try bench.connect(to: node, "much")
            much.sendAnyway(bytes: [0x16, 3, 1] + [UInt8](repeating: 1, count: 60_000))
            #expect(try much.readBytesToEnd() == [21, 3, 3, 0, 2, 2, 40])
            try witness.say(["n": 1])
            try witness.hear(["n": 1])
        }
    }

    @Test func `A message of the original's that is 5,635 bytes long is no TLS`() throws {
        try onBench { bench in
            let node = try bench.node("node", try bench.certificates().nodeFlags)
            let start = #"{"command":"LOGIN","username":"anonymous","x":""#
            // The original's client counts the line's end, too.
            let text = start + String(repeating: "x", count: 0x1603 - start.utf8.count - 3) + "\"}"
            let bytes = OriginalClient.writeUTF(text)
            #expect(bytes.prefix(3) == [0x16, 0x03, 0x7B])
            let client = try bench.connect(to: node)
            // Byte by byte at first, so that it is undecided twice.
            for byte in bytes.prefix(2) {
                try client.send(bytes: [byte])
                usleep(20_000)
            }
            try client.send(bytes: Array(bytes.dropFirst(2)))
            try client.expect("LOGIN_SUCCESS")
        }
    }

    @Test func `Half a handshake is closed in time, like anybody who says nothing`() throws {
        try onBench { bench in
            let hello = try bench.clientHello()
            let node = try bench.node(
                "node",
                try bench.certificates().nodeFlags + ["--stranger-patience", "1000"])
            let half = try bench.connect(to: node, "half of the first record")
            try half.send(bytes: Array(hello.prefix(100)))
            let silent = try bench.connect(to: node, "silent after its first record")
            try silent.send(bytes: hello)
            let byte = try bench.connect(to: node, "one byte")
            try byte.send(bytes: [0x16])
            for client in [half, silent, byte] {
                _ = try client.readBytesToEnd()
            }
            try eventually("they are counted") {
                try bench.tree(at: node).value["counts"]?["handshakes_failed"]?.integer == 2
            }
        }
    }

    @Test func `From this machine a handshake has the ten seconds of a line`() throws {
        try onBench { bench in
            let hello = try bench.clientHello()
            let node = try bench.node("node", try bench.certificates().nodeFlags)
            let silent = try bench.connect(to: node, "silent")
            try silent.send(bytes: hello)
            let byte = try bench.connect(to: node, "one byte")
            try byte.send(bytes: [0x16])
            let told = try byte.expect("INVALID_MESSAGE", within: .seconds(20))
            #expect(told["info"]?.text?.contains("10 seconds") == true)
            try byte.expectEnd()
            _ = try silent.readBytesToEnd()
            try node.program.expectLogged("no handshake within 10")
        }
    }

    @Test func `Slow handshakes by the hundred disturb no plain client, and past the limit the oldest go`() throws {
        try onBench { bench in
            let hello = try bench.clientHello()
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags + ["--max-handshakes", "100"])
            let plain = try bench.client(at: node)
            var slow: [BaseClient] = []
            var longest = Duration.zero
            for number in 0..<400 {
                let client = try bench.connect(to: node, "slow \(number)")
                try client.send(bytes: hello)
                slow.append(client)
                guard number % 10 == 0 else { continue }
                let before = now()
                try plain.say(["n": .integer(number)])
                try plain.hear(["n": .integer(number)])
                longest = max(longest, now() - before)
            }
            #expect(longest < .seconds(1))
            // Each question about it takes the place of one more.
            try eventually("300 of them had to go") {
                try bench.tree(at: node).value["counts"]?["handshakes_crowded_out"]?.integer ?? 0 >= 300
            }
            // Who is quick gets in beside them.
            let client = try bench.run(
                ["tree", "-rp", String(node.port), "-s", node.secret, "--json"] + certificates.clientFlags)
            #expect(client.status == 0, "\(client.errors)")
            try node.program.expectLogged("more than 100 TLS handshakes at a time")
        }
    }

    @Test func `Who wants to shake hands anew in TLS 1.2 gets no new handshake`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let witness = try bench.client(at: node, "witness")
            let client = try bench.program(
                "openssl", path: "/usr/bin/openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(node.port)", "-CAfile", certificates.authority, "-tls1_2",
                    "-legacy_renegotiation",
                ])
            try client.write("R")
            _ = try? client.readToEnd()
            #expect(client.errors.contains("no renegotiation"), "\(client.errors)")
            try witness.say(["n": 1])
            try witness.hear(["n": 1])
            try eventually("one handshake is counted") {
                try bench.tree(at: node).value["counts"]?["handshakes"]?.integer == 1
            }
        }
    }

    @Test func `A client with TLS that doesn't read holds little, and hears all once it reads`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let node = try bench.node("node", certificates.nodeFlags)
            let script = """
                import socket, ssl, sys
                c = ssl.create_default_context(cafile=sys.argv[2])
                raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                s = c.wrap_socket(raw, server_hostname="localhost")
                s.sendall(b'{"command":"LOGIN","username":"anonymous"}\\n')
                f = s.makefile("rb")
                f.readline()
                print("here", flush=True)
                sys.stdin.readline()
                for n in range(1200):
                    line = f.readline()
                    if b'"n":%d,' % n not in line: print("not", n, line[:200], flush=True); break
                else: print("all", flush=True)
                """
            let deaf = try bench.program(
                "deaf", path: "/usr/bin/env",
                ["python3", "-c", script, String(node.port), certificates.authority])
            #expect(try deaf.readLine() == "here")
            let before = try node.program.residentMegabytes
            let speaker = try bench.client(at: node)
            let text = String(repeating: "x", count: 10_000)
            for number in 0..<1200 {
                try speaker.say(["n": .integer(number), "t": .string(text)])
                try speaker.hear(["n": .integer(number), "t": .string(text)])
            }
            // The log holds it once. Nothing is kept for the client besides.
            #expect(try node.program.residentMegabytes - before < 40)
            try deaf.write("read")
            #expect(try deaf.readLine() == "all")
            try bench.forget(deaf)
        }
    }
}

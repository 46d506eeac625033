import Foundation
import Testing

extension RealProcesses {
    /// Clients that send as fast as the node takes it, beside one that doesn't.
    @Suite struct LoudClientTests {}
}

extension RealProcesses.LoudClientTests {
    /// It reads what it is sent, and sends what it was given over and over again.
    private static let script = """
        import socket, ssl, sys
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        if sys.argv[3] == "tls": s = ssl._create_unverified_context().wrap_socket(s)
        login = b'{"command":"LOGIN","username":"anonymous"}\\n'
        s.sendall(login)
        s.setblocking(False)
        line = login if sys.argv[2] == "logins" else \
            b'{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"x":"%s"}}\\n' % (b"x" * 900)
        piece = line * (262144 // len(line))
        sent = 0
        while True:
            try: sent = (sent + s.send(memoryview(piece)[sent:])) % len(piece)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError): pass
            try:
                while True: s.recv(1 << 20)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError): pass
        """

    private func loud(_ kind: String, tls: Bool) throws {
        try onBench { bench in
            let node = try bench.node("node", tls ? try bench.certificates().nodeFlags : [])
            let quiet = try bench.client(at: node, "quiet")
            let arguments = ["python3", "-c", Self.script, String(node.port), kind, tls ? "tls" : "plain"]
            let loud = try bench.program("loud", path: "/usr/bin/env", arguments)
            defer { loud.killHard() }
            var number = 0
            try eventually("the loud one waits for the quiet one", within: .seconds(60)) {
                number += 1
                try quiet.say(["n": .integer(number)])
                let waits = try bench.tree(at: node).value["counts"]?["loud_waits"]?.lenientInteger ?? 0
                // What the loud one says comes here, too.
                while try quiet.readAvailable() != nil {}
                return waits > 10
            }
        }
    }

    @Test func `Who logs in again and again pays for the time of that, though it is spent at the ends of turns`() throws
    {
        try loud("logins", tls: false)
    }

    @Test func `Who talks at full speed over TLS is loud as well`() throws {
        try loud("lines", tls: true)
    }
}

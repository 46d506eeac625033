import Foundation
import Testing

extension RealPrograms {
    /// A user changes the own secret (docs/protocol.md#changing-a-secret).
    @Suite struct ChangingSecretsTests {}
}

extension BaseClient {
    fileprivate func sendChange(of name: String, from secret: String, to new: String) throws {
        try send([
            "command": "CHANGE_SECRET", "username": .string(name), "secret": .string(secret),
            "new_secret": .string(new),
        ])
    }
}

extension RealPrograms.ChangingSecretsTests {
    /// A node that keeps accounts on disk.
    private func node(_ bench: Bench, _ name: String, under parent: Node? = nil, port: Int? = nil) throws -> Node {
        let flags = ["--data-dir", bench.folder + "/" + name]
        guard let port else { return try bench.node(name, under: parent, flags) }
        return try bench.node(name, under: parent, port: port, flags)
    }

    @Test func `A secret changed at one node counts at all, on their disks, and ends the sessions under the old one`()
        throws
    {
        try onBench { bench in
            let root = try node(bench, "root")
            let child = try node(bench, "child", under: root)
            try bench.waitForPath(of: child, [root])
            let session = try bench.newcomer(at: root, "anna", "sek1")
            let client = try bench.connect(to: child)
            try client.sendChange(of: "anna", from: "sek1", to: "sek2")
            try client.expect("SECRET_CHANGED", ["info": "the secret of anna was changed", "durable": 2])
            try session.expect("AUTHENTICATION_FAIL", ["info": "the secret of anna was changed: log in again"])
            // The connection goes on.
            try client.login(as: "anna", secret: "sek2")
            for at in [root, child] {
                try bench.connect(to: at).loginInVain(as: "anna", secret: "sek1")
                try bench.client(at: at, as: "anna", secret: "sek2").close()
            }
            for gone in [root, child] { gone.killHard() }
            let again = try node(bench, "root", port: root.port)
            try bench.connect(to: again).loginInVain(as: "anna", secret: "sek1")
            try bench.client(at: again, as: "anna", secret: "sek2").close()
        }
    }

    @Test func `A wrong secret, an unknown name and what is no secret change nothing`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            for (name, secret, new, info) in [
                ("anna", "x", "sek2", "the present secret is wrong"),
                ("nobody", "x", "sek2", "the present secret is wrong"),
                ("anonymous", "", "sek2", "anonymous has no secret"),
                ("anna", "sek1", "", "the new secret is empty"),
                ("anna", "sek1", "sek1", "the new secret is the same as the present one"),
                ("anna", "sek1", String(repeating: "s", count: 1025), "the new secret is longer than 1024 bytes"),
            ] {
                let client = try bench.connect(to: node)
                try client.sendChange(of: name, from: secret, to: new)
                try client.expect("CHANGE_FAILED", ["info": .string(info)])
                try client.expectEnd()
            }
            let client = try bench.connect(to: node)
            try client.send(["command": "CHANGE_SECRET", "username": "anna", "secret": "sek1"])
            try client.expect("INVALID_MESSAGE")
            try bench.client(at: node, as: "anna", secret: "sek1").close()
        }
    }

    @Test func `Guesses by changes count as logins do`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--login-attempts-per-name", "2"])
            try bench.connect(to: node).register("anna", "sek1")
            for _ in 0..<2 {
                let client = try bench.connect(to: node)
                try client.sendChange(of: "anna", from: "x", to: "sek2")
                try client.expect("CHANGE_FAILED", ["info": "the present secret is wrong"])
            }
            let client = try bench.connect(to: node)
            try client.sendChange(of: "anna", from: "y", to: "sek2")
            let answer = try client.expect("CHANGE_FAILED")
            #expect(answer["info"]?.text?.contains("too many failed logins as anna: try again in") == true)
        }
    }

    @Test func `Of many changes at once on all nodes one counts everywhere, and the others are told`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            let nodes = try [root, node(bench, "b", under: root), node(bench, "c", under: root)]
            for child in nodes.dropFirst() { try bench.waitForPath(of: child, [root]) }
            try bench.connect(to: root).register("anna", "sek1")
            let clients = try (0..<9).map { number in try bench.connect(to: nodes[number % 3]) }
            for (number, client) in clients.enumerated() {
                try client.sendChange(of: "anna", from: "sek1", to: "new \(number)")
            }
            let answers = try clients.map { try $0.read(within: .seconds(20))["command"] }
            #expect(answers.allSatisfy { ["SECRET_CHANGED", "CHANGE_FAILED"].contains($0?.text) }, "\(answers)")
            #expect(answers.contains("SECRET_CHANGED"))
            var winners: [[Int]] = []
            for at in nodes {
                winners.append(
                    try (0..<9).filter { number in
                        let client = try bench.connect(to: at)
                        defer { client.close() }
                        try client.sendLogin(as: "anna", secret: "new \(number)")
                        return try client.read()["command"] == "LOGIN_SUCCESS"
                    })
                try bench.connect(to: at).loginInVain(as: "anna", secret: "sek1")
            }
            #expect(Set(winners).count == 1, "\(winners)")
            #expect(winners[0].count == 1)
            #expect(winners[0].first.map { answers[$0] } == "SECRET_CHANGED")
        }
    }

    @Test func `A node killed in the middle leaves the old secret or the new one, the same everywhere`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            var child = try node(bench, "child", under: root)
            try bench.waitForPath(of: child, [root])
            try bench.connect(to: root).register("anna", "sek0")
            var present = "sek0"
            for (round, pause) in [0, 5000, 20_000, 40_000, 80_000].enumerated() {
                let client = try bench.connect(to: child)
                try client.sendChange(of: "anna", from: present, to: "sek\(round + 1)")
                usleep(UInt32(pause))
                child.killHard()
                let wasTold = (try? client.expect("SECRET_CHANGED", within: .seconds(1))) != nil
                client.close()
                child = try node(bench, "child", under: root, port: child.port)
                try bench.waitForPath(of: child, [root])
                var counting: [[String]] = []
                try eventually("both nodes let one secret in, and the same") {
                    counting = try [root, child].map { at in
                        try [present, "sek\(round + 1)"].filter { secret in
                            let client = try bench.connect(to: at)
                            defer { client.close() }
                            try client.sendLogin(as: "anna", secret: secret)
                            return try client.read()["command"] == "LOGIN_SUCCESS"
                        }
                    }
                    return counting[0].count == 1 && counting[0] == counting[1]
                }
                if wasTold { #expect(counting[0] == ["sek\(round + 1)"]) }
                present = counting[0][0]
            }
        }
    }

    // MARK: The tool

    private func change(
        _ bench: Bench, at node: Node, _ words: [String]
    ) throws -> (ending: Program.Ending, printed: [String], errors: String) {
        let program = try bench.program("secret", ["account", "secret", "anna", "-rp", String(node.port)] + words)
        program.closeInput()
        let printed = try program.readToEnd()
        return (try program.waitForEnd(), printed, program.errors)
    }

    @Test func `A script gives both secrets in files, and reads what became of it`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            try bench.connect(to: root).register("anna", "sek1")
            for (name, text) in [("old", "sek1\n"), ("new", "sek2\n")] {
                let file = bench.folder + "/" + name
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            }
            let files = ["--secret-file", bench.folder + "/old", "--new-secret-file", bench.folder + "/new"]
            let changed = try change(bench, at: root, files)
            #expect(changed.ending == .exited(0), "\(changed.errors)")
            #expect(changed.printed == ["changed the secret of anna: on 1 disk"])
            let refused = try change(bench, at: root, files)
            #expect(refused.ending == .exited(1))
            #expect(refused.errors == "Error: the secret was not changed: the present secret is wrong\n")
            #expect(refused.printed == [])
            let json = try change(
                bench, at: root, ["-s", "sek2", "--new-secret-file", bench.folder + "/old", "--json"])
            #expect(json.printed == [#"{"username":"anna","done":"changed","durable":1}"#])
            try bench.client(at: root, as: "anna", secret: "sek1").close()
        }
    }

    @Test func `Without a terminal what is missing is named`() throws {
        try onBench { bench in
            let node = try bench.node()
            let nothing = try change(bench, at: node, [])
            #expect(nothing.ending == .exited(1))
            #expect(
                nothing.errors.contains("the present secret is missing: give it with --secret-file or COPPICE_USER"))
            let half = try change(bench, at: node, ["-s", "sek1"])
            #expect(half.ending == .exited(1))
            #expect(
                half.errors.contains("the new secret is missing: give it with --new-secret-file or COPPICE_NEW_SECRET"))
        }
    }

    @Test func `A server that leaves sends the tool on, and one that ends without an answer leaves it in doubt`() throws
    {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            try "sek2\n".write(toFile: bench.folder + "/new", atomically: true, encoding: .utf8)
            let server = try StandInListener()
            let words = [
                "account", "secret", "anna", "-rp", String(server.port), "-s", "sek1", "--new-secret-file",
                bench.folder + "/new",
            ]
            let sentOn = try bench.program("secret", words)
            let first = try server.accept()
            try first.expect("CHANGE_SECRET", ["username": "anna", "secret": "sek1", "new_secret": "sek2"])
            try first.send(["command": "REDIRECT", "hostname": "localhost", "port": .integer(node.port)])
            #expect(try sentOn.waitForEnd() == .exited(0), "\(sentOn.errors)")
            try bench.client(at: node, as: "anna", secret: "sek2").close()
            let inDoubt = try bench.program("secret", words)
            let second = try server.accept()
            try second.expect("CHANGE_SECRET")
            second.close()
            #expect(try inDoubt.waitForEnd() == .exited(1))
            #expect(inDoubt.errors.contains("Whether the secret was changed is not known"), "\(inDoubt.errors)")
        }
    }
}

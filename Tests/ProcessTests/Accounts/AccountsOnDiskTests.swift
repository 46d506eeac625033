import Foundation
import Testing

extension RealPrograms {
    /// Accounts survive their nodes, and are administered.
    @Suite struct AccountsOnDiskTests {}
}

extension RealPrograms.AccountsOnDiskTests {
    private func node(
        _ bench: Bench, _ name: String, under parent: Node? = nil, port: Int? = nil, _ flags: [String] = []
    ) throws -> Node {
        try bench.node(name, under: parent, port: port, ["--data-dir", bench.folder + "/\(name)"] + flags)
    }

    /// What `coppice account …` prints, and how it ends.
    private func account(_ bench: Bench, _ arguments: [String]) throws -> [String] {
        let program = try bench.program("account", ["account"] + arguments)
        let lines = try program.readToEnd(within: .seconds(30))
        let ending = try program.waitForEnd()
        guard ending == .exited(0) else { throw Failure("account \(arguments): \(ending): \(program.errors)") }
        try bench.forget(program)
        return lines
    }

    private func names(_ bench: Bench, at node: Node) throws -> Set<String> {
        let lines = try account(bench, ["list", "-rp", String(node.port), "-s", node.secret])
        return Set(lines.compactMap { $0.split(separator: "\t").first.map(String.init) })
    }

    @Test func `A name registered at f logs in everywhere, also after every node but one was killed and restarted`()
        throws
    {
        try onBench { bench in
            let a = try node(bench, "a")
            let b = try node(bench, "b", under: a)
            let f = try node(bench, "f", under: b)
            try bench.waitForPath(of: f, [b, a])
            let success = try bench.connect(to: f)
            try success.send(["command": "REGISTER", "username": "anna", "secret": "sek1"])
            let answer = try success.expect("REGISTER_SUCCESS")
            #expect((answer["durable"]?.integer ?? 0) >= 2, "\(answer.line)")
            let late = try node(bench, "late", under: a)
            try bench.waitForPath(of: late, [a])
            for at in [a, b, f, late] { try bench.client(at: at, as: "anna", secret: "sek1").close() }
            for gone in [a, b, f] { gone.killHard() }
            let a2 = try node(bench, "a", port: a.port)
            let b2 = try node(bench, "b", under: a2, port: b.port)
            let f2 = try node(bench, "f", under: b2, port: f.port)
            for at in [a2, b2, f2, late] {
                try eventually("anna logs in at \(at.name)") {
                    let client = try bench.connect(to: at)
                    defer { client.close() }
                    try client.sendLogin(as: "anna", secret: "sek1")
                    return try client.read()["command"] == "LOGIN_SUCCESS"
                }
            }
        }
    }

    @Test func `Killed in the middle of a thousand registrations, every acknowledged one is there on every node`()
        throws
    {
        try onBench { bench in
            let root = try node(bench, "root")
            let child = try node(bench, "child", under: root)
            try bench.waitForPath(of: child, [root])
            var waiting: [(name: String, client: BaseClient)] = []
            var acknowledged: Set<String> = []
            var next = 0
            func offer() throws {
                let name = "user \(next)"
                next += 1
                let client = try bench.connect(to: child, name)
                try client.send(["command": "REGISTER", "username": .string(name), "secret": "s"])
                waiting.append((name, client))
            }
            for _ in 0..<40 { try offer() }
            while acknowledged.count < 250 {
                let (name, client) = waiting.removeFirst()
                try client.expect("REGISTER_SUCCESS", within: .seconds(20))
                acknowledged.insert(name)
                client.close()
                if next < 1000 { try offer() }
            }
            child.killHard()
            // Of those that were still open some may have been answered before the end.
            for (name, client) in waiting {
                if (try? client.expect("REGISTER_SUCCESS", within: .seconds(1))) != nil { acknowledged.insert(name) }
            }
            let again = try node(bench, "child", under: root, port: child.port)
            try bench.waitForPath(of: again, [root])
            for at in [root, again] {
                try eventually("\(at.name) knows every acknowledged name") {
                    acknowledged.subtracting(try names(bench, at: at)).isEmpty
                }
            }
            let name = try #require(acknowledged.sorted().last)
            for at in [root, again] { try bench.client(at: at, as: name, secret: "s").close() }
        }
    }

    @Test func `An account is listed, shown, reset and removed at a running node, and the others follow`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            let child = try node(bench, "child", under: root)
            try bench.waitForPath(of: child, [root])
            let session = try bench.newcomer(at: child, "anna", "sek1")
            let place = ["-rp", String(root.port), "-s", root.secret]
            try eventually("anna is listed") { try names(bench, at: root) == ["anna"] }
            let shown = try account(bench, ["show", "anna", "--json"] + place)
            #expect(shown.first?.hasPrefix(#"{"username":"anna","registered":"20"#) == true)
            try "sek2\n".write(toFile: bench.folder + "/new", atomically: true, encoding: .utf8)
            let reset = try account(bench, ["reset", "anna", "--new-secret-file", bench.folder + "/new"] + place)
            #expect(reset == ["reset anna: on 2 disks"])
            try session.expect("AUTHENTICATION_FAIL", ["info": "the secret of anna was changed: log in again"])
            try bench.connect(to: child).loginInVain(as: "anna", secret: "sek1")
            let second = try bench.client(at: child, as: "anna", secret: "sek2")
            #expect(try account(bench, ["remove", "anna"] + place) == ["removed anna: on 2 disks"])
            try second.expect("AUTHENTICATION_FAIL", ["info": "anna was removed"])
            try bench.connect(to: child).loginInVain(as: "anna", secret: "sek2")
            try bench.newcomer(at: child, "anna", "sek3").close()
        }
    }

    @Test func `A server that names one page of accounts again and again is not asked for ever`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let script = """
                import socket, ssl, sys
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[1], sys.argv[2])
                listener = socket.create_server(("127.0.0.1", 0))
                print(listener.getsockname()[1], flush=True)
                tool = context.wrap_socket(listener.accept()[0], server_side=True).makefile("rwb")
                for page in (1, 2, 2):
                    assert b'"ADMINISTER"' in tool.readline()
                    tool.write(b'{"command":"ADMINISTERED","accounts":[],"page":%d}\\n' % page)
                    tool.flush()
                tool.read()
                """
            let server = try bench.program(
                "server", path: "/usr/bin/env", ["python3", "-c", script, certificates.certificate, certificates.key])
            let port = try server.readLine()
            let list = try bench.program(
                "account", ["account", "list", "-rh", "127.0.0.1", "-rp", port, "-s", "x"] + certificates.clientFlags)
            #expect(try list.waitForEnd() == .exited(1))
            #expect(list.errors == "Error: its answer is not understood\n")
            try bench.forget(server)
        }
    }

    @Test func `A folder is administered while its node doesn't run, and is refused while it does`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            try bench.newcomer(at: root, "anna", "sek1").close()
            try bench.newcomer(at: root, "bert", "sek1").close()
            let folder = ["--data-dir", bench.folder + "/root"]
            let refused = try bench.program("account", ["account", "list"] + folder)
            #expect(try refused.waitForEnd() == .exited(1))
            #expect(refused.errors.contains("is locked by another process: stop the node"), "\(refused.errors)")
            root.program.signal(SIGTERM)
            try root.program.waitForEnd()
            #expect(try account(bench, ["list"] + folder).map { $0.prefix(5) } == ["anna\t", "bert\t"])
            #expect(try account(bench, ["remove", "anna"] + folder) == ["removed anna: on 1 disk"])
            try String(repeating: "x", count: 1025).write(
                toFile: bench.folder + "/long", atomically: true, encoding: .utf8)
            let long = try bench.program(
                "account", ["account", "reset", "bert", "--new-secret-file", bench.folder + "/long"] + folder)
            #expect(try long.waitForEnd() == .exited(1))
            #expect(long.errors.hasSuffix("Error: the secret is longer than 1024 bytes\n"))
            let again = try node(bench, "root")
            try bench.connect(to: again).loginInVain(as: "anna", secret: "sek1")
            try bench.client(at: again, as: "bert", secret: "sek1").close()
        }
    }

    @Test func `A damaged file of accounts is set aside and named, and the accounts come from the others`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            try bench.newcomer(at: root, "anna", "sek1").close()
            let folder = bench.folder + "/damaged"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let nonsense = String(repeating: "nonsense ", count: 1000)
            try nonsense.write(toFile: folder + "/accounts.sqlite", atomically: true, encoding: .utf8)
            let damaged = try node(bench, "damaged", under: root)
            try damaged.program.expectLogged("\(folder)/accounts.sqlite is damaged")
            #expect(try String(contentsOfFile: folder + "/accounts.sqlite.damaged", encoding: .utf8) == nonsense)
            try bench.waitForPath(of: damaged, [root])
            try eventually("anna is known at the damaged node") { try names(bench, at: damaged) == ["anna"] }
        }
    }

    @Test func `A flipped bit in a hash refuses nobody, spreads nowhere and is repaired`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            let child = try node(bench, "child", under: root)
            try bench.waitForPath(of: child, [root])
            try bench.newcomer(at: child, "anna", "sek1").close()
            child.program.signal(SIGTERM)
            #expect(try child.program.waitForEnd() == .exited(0))
            let file = URL(fileURLWithPath: bench.folder + "/child/accounts.sqlite")
            var bytes = try Data(contentsOf: file)
            let hash = try #require(bytes.range(of: Data("$argon2id$".utf8)))
            bytes[hash.upperBound + 40] ^= 2
            try bytes.write(to: file)
            let show = try bench.program("show", ["account", "show", "anna", "--data-dir", bench.folder + "/child"])
            #expect(try show.waitForEnd() == .exited(1))
            #expect(show.errors.contains("the record of anna is damaged"), "\(show.errors)")
            let again = try node(bench, "child", under: root, port: child.port)
            try again.program.expectLogged("accounts.sqlite: 1 records are damaged")
            try again.program.expectLogged(#""anna""#)
            try bench.waitForPath(of: again, [root])
            try eventually("anna is known at the child") { try names(bench, at: again) == ["anna"] }
            try bench.client(at: root, as: "anna", secret: "sek1").close()
            // From its own disk.
            again.program.signal(SIGTERM)
            #expect(try again.program.waitForEnd() == .exited(0))
            root.killHard()
            let alone = try node(bench, "child", port: child.port)
            try bench.client(at: alone, as: "anna", secret: "sek1").close()
            #expect(!alone.program.errors.contains("damaged"), "\(alone.program.errors)")
        }
    }

    @Test func `A data directory that is taken away is said at once, and saves nothing until it is back`() throws {
        try onBench { bench in
            let root = try node(bench, "root")
            let folder = bench.folder + "/root"
            try FileManager.default.moveItem(atPath: folder, toPath: folder + "-elsewhere")
            try eventually("it is said") {
                root.program.errors.contains("\(folder)/lock was removed or replaced while the node runs")
            }
            let client = try bench.connect(to: root)
            try client.send(["command": "REGISTER", "username": "anna", "secret": "sek1"])
            #expect(try client.read()["command"] == "REGISTER_FAILED")
            #expect(!FileManager.default.fileExists(atPath: folder))
            try FileManager.default.moveItem(atPath: folder + "-elsewhere", toPath: folder)
            try eventually("it is said that it is back") { root.program.errors.contains("in their places again") }
            try eventually("names are registered again") {
                let other = try bench.connect(to: root)
                defer { other.close() }
                try other.send(["command": "REGISTER", "username": "bert", "secret": "sek1"])
                return try other.read()["command"] == "REGISTER_SUCCESS"
            }
        }
    }

    @Test func `Only its owner may read the file of accounts, also in a folder that was there before`() throws {
        try onBench { bench in
            let folder = bench.folder + "/root"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            let root = try node(bench, "root")
            try bench.newcomer(at: root, "anna", "sek1").close()
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.contains("accounts.sqlite-wal"))
            for file in files {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
            }
        }
    }

    @Test func `What a node that was killed has left of its accounts is kept from others by the next one`() throws {
        try onBench { bench in
            let folder = bench.folder + "/root"
            let first = try node(bench, "root")
            try bench.newcomer(at: first, "anna", "sek1").close()
            first.program.killHard()
            let files = ["accounts.sqlite", "accounts.sqlite-wal", "accounts.sqlite-shm"].map { "\(folder)/\($0)" }
            for file in files {
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            }
            _ = try node(bench, "root")
            for file in files {
                let attributes = try FileManager.default.attributesOfItem(atPath: file)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "to be somebody else takes root"))
    func `A file of accounts that belongs to somebody else keeps a node from starting`() throws {
        try onBench { bench in
            let folder = bench.folder + "/shared"
            let anybody = [FileAttributeKey.posixPermissions: 0o777]
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: anybody)
            try FileManager.default.setAttributes(anybody, ofItemAtPath: bench.folder)
            try FileManager.default.setAttributes(anybody, ofItemAtPath: folder)
            #expect(
                FileManager.default.createFile(atPath: folder + "/accounts.sqlite", contents: nil, attributes: anybody))
            try FileManager.default.setAttributes(anybody, ofItemAtPath: folder + "/accounts.sqlite")
            // The program itself may lie where nobody else gets to.
            try Spawn.copyProgram(from: try Binary.path(), to: bench.folder + "/coppice")
            let program = try bench.program(
                "node", path: "/usr/bin/env",
                ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", bench.folder + "/coppice"]
                    + ["node", "-lp", "0", "-ms", "x", "--data-dir", folder])
            #expect(try program.waitForEnd() == .exited(1))
            try program.expectLogged("cannot keep others from reading \(folder)/accounts.sqlite")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `With a full disk registrations are refused, the rest goes on, and afterwards all is well`() throws {
        try onBench { bench in
            let folder = bench.folder + "/small"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            guard system("mount -t tmpfs -o size=256k tmpfs '\(folder)' 2>/dev/null") == 0 else { return }
            defer { _ = system("umount -l '\(folder)'") }
            let root = try bench.node("root", ["--data-dir", folder])
            let anna = try bench.newcomer(at: root, "anna", "sek1")
            #expect(system("dd if=/dev/zero of='\(folder)/filler' bs=4k 2>/dev/null || true") == 0)
            let unlucky = try bench.connect(to: root, "unlucky")
            try unlucky.send(["command": "REGISTER", "username": "bert", "secret": "s"])
            let refusal = try unlucky.expect("REGISTER_FAILED", within: .seconds(15))
            #expect(refusal["info"]?.text?.contains("bert") == true, "\(refusal.line)")
            let refused = try bench.connect(to: root, "refused")
            try refused.send(["command": "REGISTER", "username": "carl", "secret": "s"])
            try refused.expect(
                "REGISTER_FAILED", ["info": "this node can't store registrations now, try again later"])
            try eventually("the log names the file") { root.program.errors.contains("accounts.sqlite") }
            try anna.say(["n": 1], as: "anna", secret: "sek1")
            try anna.hear(["n": 1], from: "anna")
            try FileManager.default.removeItem(atPath: folder + "/filler")
            try eventually("registrations work again") {
                let client = try bench.connect(to: root)
                defer { client.close() }
                try client.send(["command": "REGISTER", "username": "dora", "secret": "s"])
                return try client.read()["command"] == "REGISTER_SUCCESS"
            }
            #expect(try names(bench, at: root) == ["anna", "bert", "dora"])
        }
    }

    @Test func `No secret shows in a log, in the list of processes, in an error or in the tree`() throws {
        try onBench { bench in
            let canary = "canary-7f3a"
            let root = try bench.node(
                "root", secret: canary, ["--data-dir", bench.folder + "/root", "--log-level", "trace"])
            let child = try bench.node(
                "child", under: root, secret: canary, ["--data-dir", bench.folder + "/child", "--log-level", "trace"])
            try bench.waitForPath(of: child, [root])
            let user = "user-" + canary
            try bench.newcomer(at: child, "anna", user).close()
            try bench.connect(to: root).loginInVain(as: "anna", secret: user + "-wrong")
            try bench.connect(to: root).loginInVain(as: "nobody", secret: user)
            let tree = try bench.program("tree", ["tree", "-rp", String(root.port), "-s", canary, "--json"])
            let shown = try tree.readToEnd().joined()
            try tree.waitForEnd()
            let refused = try bench.program(
                "account", ["account", "list", "-rp", String(root.port), "-s", canary + "x"])
            try refused.waitForEnd()
            #expect(!shown.isEmpty)
            for text in [shown, tree.errors, refused.errors, root.program.errors, child.program.errors] {
                #expect(!text.contains(canary))
            }
            for node in [root, child] {
                let command = try String(contentsOfFile: "/proc/\(node.program.pid)/cmdline", encoding: .utf8)
                #expect(!command.contains(canary))
            }
        }
    }
}

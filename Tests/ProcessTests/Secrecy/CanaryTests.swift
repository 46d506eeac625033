import Foundation
import Testing

extension RealPrograms {
    /// Secrets that are given to programs, and where they can be seen afterwards.
    @Suite struct CanaryTests {}
}

extension RealPrograms.CanaryTests {
    private func write(_ text: String, _ name: String, _ bench: Bench) throws -> String {
        let path = bench.folder + "/" + name
        FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        return path
    }

    /// The files below a folder that hold one of the words.
    private func files(below folder: String, with words: [String], except: Set<String>) throws -> [String] {
        let words = words.map { Array($0.utf8) }
        var found: [String] = []
        for case let name as String in FileManager.default.enumerator(atPath: folder)! {
            guard !except.contains(name), let data = FileManager.default.contents(atPath: folder + "/" + name),
                !data.isEmpty
            else { continue }
            let bytes = [UInt8](data)
            if words.contains(where: { bytes.contains($0) }) { found.append(name) }
        }
        return found
    }

    @Test(.enabled(if: PyJWT.path != nil, Comment(rawValue: PyJWT.refusal)))
    func `Secrets of the network, of users and of those who vouch for them are in no log, list or file`() throws {
        try onBench { bench in
            let network = "canary-of-the-network-Zu7Ahx4i", user = "canary-of-a-user-eeTh9oph"
            let next = "canary-of-a-user-later-Gai3ooPh", shared = "canary-for-tokens-that-is-long-enough-Xe2ohPho"
            let known: Set = ["network", "user", "next", "keys/secret"]
            let networkFile = try write(network + "\n", "network", bench)
            let userFile = try write(user + "\n", "user", bench)
            let nextFile = try write(next + "\n", "next", bench)
            // It is given its secret as an argument, so it ends before anybody looks.
            let signer = try PyJWT(on: bench, secret: shared)
            let token = try signer.token(["sub": "carla"], "HS256")
            signer.end()
            let words = [network, user, next, shared, token]
            let list = ProcessList(watchingFor: words)
            func node(_ name: String, under parent: Int?, _ flags: [String]) throws -> Node {
                let port = try Sockets.freePort()
                let program = try bench.program(
                    name,
                    [
                        "node", "-lp", String(port), "-lh", "localhost", "--data-dir", "data-\(name)",
                        "--log-level", "trace", "--clock", Bench.nobody, "--redirect-gap", "0",
                    ] + (parent.map { ["-rh", "localhost", "-rp", String($0)] } ?? []) + flags)
                return Node(name, program, port: try Node.port(of: program), secret: "")
            }
            let file = ["--secret-file", networkFile]
            let tokens = ["--jwt-key", signer.folder + "/secret"]
            let root = try node("root", under: nil, file + tokens)
            let child = try node("child", under: root.port, file + tokens)
            try eventually("both nodes are one tree") {
                let run = try bench.run(["tree", "-rp", String(child.port), "--json"] + file)
                guard run.status == 0 else { return false }
                return try JSONParser.parse(Array(run.output.utf8))["nodes"]?.elements?.count == 2
            }
            func says(_ words: String, at node: Node, _ flags: [String]) throws {
                let client = try bench.program(
                    "client", ["client", "-rp", String(node.port), "--log-level", "trace", "-u", "anna"] + flags)
                try client.write(words)
                client.closeInput()
                #expect(try client.waitForEnd(within: .seconds(30)) == .exited(0), "\(client.errors)")
            }
            try says("hello", at: root, ["--secret-file", userFile, "--register"])
            try says("again", at: child, ["--secret-file", userFile])
            let change = try bench.run(
                [
                    "account", "secret", "anna", "-rp", String(child.port), "--secret-file", userFile,
                    "--new-secret-file", nextFile,
                ])
            #expect(change.status == 0, "\(change.errors)")
            // A wrong secret, and a login that is malformed behind it.
            let wrong = try bench.connect(to: root)
            try wrong.send(["command": "LOGIN", "username": "anna", "secret": .string(user)])
            try wrong.expect("LOGIN_FAILED")
            let broken = try bench.connect(to: root)
            try broken.send("{\"command\":\"LOGIN\",\"username\":\"anna\",\"secret\":\"\(next)\",}")
            try broken.expect("INVALID_MESSAGE")
            for (bearer, answer) in [(token, "LOGIN_SUCCESS"), (token + "A", "LOGIN_FAILED")] {
                let client = try bench.connect(to: child)
                try client.send(["command": "LOGIN", "token": .string(bearer)])
                try client.expect(answer)
            }
            let accounts = try bench.run(["account", "show", "anna", "-rp", String(root.port), "--json"] + file)
            #expect(accounts.status == 0)
            for node in [child, root] {
                node.program.signal(SIGTERM)
                try node.program.waitForEnd()
            }
            let (found, rounds) = list.end()
            #expect(found.isEmpty, "\(found)")
            #expect(rounds > 3)
            #expect(try files(below: bench.folder, with: words, except: known).isEmpty)
            for text in [change.output, change.errors, accounts.output, accounts.errors] {
                for word in words { #expect(!text.contains(word)) }
            }
        }
    }

    @Test func `A secret from the environment is gone from there once the program runs`() throws {
        try onBench { bench in
            let secret = "canary-in-the-environment-ohX7iequ"
            let program = try bench.started(
                "node", ["node", "-lp", "0", "--memory", "--clock", "none"], environment: ["COPPICE_SECRET": secret])
            let port = try Node.port(of: program)
            let environ = FileManager.default.contents(atPath: "/proc/\(program.pid)/environ").map { [UInt8]($0) }
            // Only the superuser may look at all.
            #expect(environ?.contains(Array(secret.utf8)) != true)
            #expect(environ?.contains(Array("COPPICE_SECRET".utf8)) != false || geteuid() != 0)
            let tree = try bench.run(["tree", "-rp", String(port)], environment: ["COPPICE_SECRET": secret])
            #expect(tree.status == 0, "\(tree.errors)")
        }
    }

    @Test func `A secret in a flag is refused, with the ways that are better, unless that is allowed`() throws {
        try onBench { bench in
            let careful = ["COPPICE_INSECURE_FLAGS": ""]
            for (arguments, way) in [
                (["node", "-lp", "0", "--memory", "-ms", "x"], "COPPICE_SECRET"),
                (["node", "-lp", "0", "--memory", "-rh", "localhost", "-s", "x"], "COPPICE_PARENT_SECRET"),
                (["tree", "-rp", "1", "-s", "x"], "COPPICE_SECRET"),
                (["account", "list", "-rp", "1", "--secret=x"], "COPPICE_SECRET"),
                (["account", "secret", "anna", "-rp", "1", "-s", "x"], "COPPICE_USER_SECRET"),
                (["client", "-rp", "1", "-u", "anna", "-s", "x"], "COPPICE_USER_SECRET"),
            ] {
                let run = try bench.run(arguments, environment: careful)
                #expect(run.status != 0)
                for word in ["--insecure-flags", "--secret-file", way] {
                    #expect(run.errors.contains(word), "\(arguments): \(run.errors)")
                }
            }
            let program = try bench.started(
                "node",
                ["node", "-lp", "0", "--memory", "--clock", "none", "-ms", "canary-in-a-flag", "--insecure-flags"],
                environment: careful)
            _ = try Node.port(of: program)
            // Once it listens it is hidden, too.
            let line = try String(contentsOfFile: "/proc/\(program.pid)/cmdline", encoding: .utf8)
            #expect(!line.contains("canary") && line.contains("****"))
        }
    }

    /// The limits of a process, and whether others may look into it, as /proc tells.
    private func protection(_ program: Program) throws -> (coreBytes: String, isClosed: Bool) {
        let limits = try String(contentsOfFile: "/proc/\(program.pid)/limits", encoding: .utf8)
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }!
        let attributes = try FileManager.default.attributesOfItem(atPath: "/proc/\(program.pid)/mem")
        // What can't be dumped belongs to the superuser. Run by him, it is told apart by the flag alone.
        let isRoots = (attributes[.ownerAccountID] as? Int) == 0
        return (String(line.split(separator: " ")[4]), isRoots)
    }

    @Test func `A node leaves no core dump, unless it is allowed`() throws {
        try onBench { bench in
            let careful = try protection(try bench.node("careful").program)
            #expect(careful.coreBytes == "0")
            #expect(careful.isClosed)
            let open = try protection(try bench.node("open", ["--allow-dumps"]).program)
            #expect(open.coreBytes != "0" || coreLimit == 0)
            #expect(open.isClosed == (geteuid() == 0))
        }
    }

    private var coreLimit: UInt {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        return UInt(limit.rlim_cur)
    }

    @Test(.enabled(if: geteuid() == 0, "the superuser's rights are needed to lock memory"))
    func `With --lock-memory nothing of a node is swapped`() throws {
        try onBench { bench in
            let node = try bench.node("locked", ["--lock-memory"])
            let status = try String(contentsOfFile: "/proc/\(node.program.pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmLck:") }!
            #expect(Int(line.split(separator: " ")[1].trimmingCharacters(in: .whitespaces)) ?? 0 > 1000, "\(line)")
            let client = try bench.newcomer(at: node, "anna", "her secret")
            try client.say(["n": 1], as: "anna", secret: "her secret")
            try client.hear(["n": 1], from: "anna")
        }
    }
}

import Foundation
import Testing

extension RealPrograms {
    /// The ways to pass a secret, and which of them counts.
    @Suite struct SecretSourceTests {}
}

extension RealPrograms.SecretSourceTests {
    /// Writes a file into the test's folder, by default readable for its owner only.
    fileprivate func write(_ bytes: String, to name: String, in bench: Bench, mode: Int = 0o600) throws -> String {
        let path = bench.folder + "/" + name
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes.utf8)) else {
            throw Failure("no file at \(path)")
        }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// A root that listens, started with these flags and variables.
    fileprivate func root(_ bench: Bench, _ flags: [String], _ environment: [String: String] = [:]) throws -> Node {
        let program = try bench.started(
            "root", ["node", "-lp", "0", "--memory", "--clock", Bench.nobody] + flags, environment: environment)
        return Node("root", program, port: try Node.port(of: program), secret: "")
    }

    fileprivate func wants(_ node: Node, _ secret: String, _ bench: Bench) throws -> Bool {
        try bench.run(["tree", "-rp", String(node.port), "-s", secret]).status == 0
    }

    @Test func `An empty secret is refused with the name of its source, wherever one can be given`() throws {
        try onBench { bench in
            let empty = try write("", to: "empty", in: bench)
            let emptyLine = try write("\nsecret\n", to: "empty-line", in: bench)
            let crlf = try write("\r\nsecret\r\n", to: "empty-crlf", in: bench)
            let node = ["node", "-lp", "0", "--memory"]
            let child = node + ["-rh", "localhost", "-rp", "1"]
            let reset = ["account", "reset", "anna", "-rp", "1", "-s", "x"]
            var cases: [(arguments: [String], environment: [String: String], name: String)] = [
                (node + ["-ms", ""], [:], "-ms/--secret"), (node + ["--secret="], [:], "--secret"),
                (child + ["-s", ""], [:], "-s/--parent-secret"),
                (child + ["-s", "", "-ms", "x"], [:], "-s/--parent-secret"),
                (node, ["COPPICE_SECRET": ""], "COPPICE_SECRET"),
                (child + ["-ms", "x"], ["COPPICE_PARENT_SECRET": ""], "COPPICE_PARENT_SECRET"),
                (reset, ["COPPICE_NEW_SECRET": ""], "COPPICE_NEW_SECRET"),
                (["client", "-rp", "1", "-u", "anna", "-s", ""], [:], "-s/--secret"),
                (["client", "-rp", "1", "-u", "anna"], ["COPPICE_USER_SECRET": ""], "COPPICE_USER_SECRET"),
                (["account", "list", "--data-dir", "x", "-s", ""], [:], "-s/--secret"),
            ]
            let askers = [
                ["tree"], ["top", "--once"], ["account", "list"], ["account", "show", "anna"],
                ["account", "remove", "anna"],
                ["account", "reset", "anna"],
            ]
            for asker in askers.map({ $0 + ["-rp", "1"] }) {
                let user = ["COPPICE_NEW_SECRET": "new"]
                cases.append((asker + ["-s", ""], user, "-s/--secret"))
                cases.append((asker, user.merging(["COPPICE_SECRET": ""]) { $1 }, "COPPICE_SECRET"))
            }
            for file in [empty, emptyLine, crlf, bench.folder, bench.folder + "/none", ""] {
                for command in [node, ["client", "-rp", "1", "-u", "anna"], ["tree", "-rp", "1"]] {
                    cases.append((command + ["--secret-file", file], [:], "--secret-file"))
                }
                cases.append((reset + ["--new-secret-file", file], [:], "--new-secret-file"))
            }
            for (arguments, environment, name) in cases {
                let run = try bench.run(arguments, environment: environment)
                #expect(run.status != 0, "\(arguments)")
                #expect(run.errors.contains(name), "\(arguments): \(run.errors)")
                #expect(run.output.isEmpty, "\(arguments): \(run.output)")
            }
        }
    }

    @Test func `A flag wins over a file, and a file over the environment, in every subcommand, and both are named`()
        throws
    {
        try onBench { bench in
            let file = try write("from file\r\nanother line", to: "secret", in: bench)
            let variable = ["COPPICE_SECRET": "from environment"]
            let byFlag = try root(bench, ["-ms", "from flag", "--secret-file", file], variable)
            #expect(try wants(byFlag, "from flag", bench))
            try byFlag.program.expectLogged("-ms/--secret and --secret-file \(file)")
            try byFlag.program.expectLogged("-ms/--secret and COPPICE_SECRET")
            let byFile = try root(bench, ["--secret-file", file], variable)
            #expect(try wants(byFile, "from file", bench))
            try byFile.program.expectLogged("--secret-file \(file) and COPPICE_SECRET")
            let byVariable = try root(bench, [], variable)
            #expect(try wants(byVariable, "from environment", bench))
            #expect(!byVariable.program.errors.contains("Warning"))

            for command in [["tree"], ["account", "list"]] {
                for (node, flags, warns) in [
                    (byFlag, ["-s", "from flag", "--secret-file", file], true),
                    (byFile, ["--secret-file", file], true), (byVariable, [], false),
                ] {
                    let run = try bench.run(command + ["-rp", String(node.port)] + flags, environment: variable)
                    #expect(run.status == 0, "\(command) \(flags): \(run.errors)")
                    #expect(run.errors.contains("Warning") == warns, "\(command) \(flags): \(run.errors)")
                }
            }
        }
    }

    @Test func `A secret in a configuration file is taken without further flags, and its line is named`() throws {
        try onBench { bench in
            let usual = ["COPPICE_INSECURE_FLAGS": ""]
            let settings = try write("memory: true\nclock: none\nsecret: own\n", to: "node.yaml", in: bench)
            let secret = try write("other", to: "secret", in: bench)
            let check = try bench.run(["node", "--config", settings, "--check"], environment: usual)
            #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
            let two = try bench.run(
                ["node", "--config", settings, "--check"],
                environment: ["COPPICE_PARENT_SECRET": "p"].merging(usual) { $1 })
            #expect(two.status == 0 && two.errors.isEmpty, "\(two.errors)")
            let child = try write(
                "memory: true\nclock: none\nparent-host: localhost\nparent-secret: p\nsecret-file: \(secret)\n",
                to: "child.yaml", in: bench)
            let differing = try bench.run(["node", "--config", child, "--check"], environment: usual)
            #expect(differing.errors.contains("parent-secret in \(child):4 and --secret-file"), "\(differing.errors)")
            let clock = try write("secret: s\n", to: "clock.yaml", in: bench)
            let clocks = try bench.run(
                ["clock", "--config", clock, "--check", "--data-dir", bench.folder + "/c"], environment: usual)
            #expect(clocks.status == 0, "\(clocks.errors)")
            let flag = try bench.run(["node", "-ms", "own", "--check"], environment: usual)
            #expect(flag.status != 0 && flag.errors.contains("a secret in a flag"), "\(flag.errors)")
        }
    }

    @Test func `The parent's secret follows the same order`() throws {
        try onBench { bench in
            let parent = try bench.node("parent", secret: "right")
            let file = try write("right", to: "right", in: bench)
            let wrongFile = try write("wrong", to: "wrong", in: bench)
            for (flags, variable) in [
                (["-s", "right", "--secret-file", wrongFile], "wrong"), (["--secret-file", file], "wrong"),
                (["-ms", "own"], "right"),
            ] {
                let child = try root(
                    bench, ["-rh", "localhost", "-rp", String(parent.port)] + flags,
                    ["COPPICE_PARENT_SECRET": variable])
                try eventually("it is joined with \(flags)") { child.program.errors.contains("joined the tree") }
            }
        }
    }

    @Test func `A user's secret follows the same order`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "right")
            let file = try write("right\n", to: "right", in: bench)
            for (flags, variable) in [
                (["-s", "right"], "wrong"), (["--secret-file", file], "wrong"), ([], "right"),
            ] {
                let run = try bench.run(
                    ["client", "-rp", String(node.port), "-u", "anna"] + flags,
                    environment: ["COPPICE_USER_SECRET": variable])
                #expect(run.status == 0, "\(flags): \(run.errors)")
                #expect(run.errors.contains("COPPICE_USER_SECRET") == (variable == "wrong"), "\(run.errors)")
            }
            let anonymous = try bench.run(
                ["client", "-rp", String(node.port)], environment: ["COPPICE_USER_SECRET": ""])
            #expect(anonymous.status == 0, "nobody needs a secret to be anonymous: \(anonymous.errors)")
            #expect(!anonymous.errors.contains("Warning"), "\(anonymous.errors)")
            let unused = try bench.run(
                ["client", "-rp", String(node.port)], environment: ["COPPICE_USER_SECRET": "right"])
            #expect(unused.status == 0 && unused.errors.contains("COPPICE_USER_SECRET isn't used"), "\(unused.errors)")
            #expect(unused.errors.contains("-u/--username") && !unused.errors.contains("right"), "\(unused.errors)")
        }
    }

    @Test(arguments: [(0o600, false), (0o400, false), (0o640, true), (0o644, true), (0o604, true)])
    func `A secret file that others can read gets a warning`(mode: Int, warns: Bool) throws {
        try onBench { bench in
            let file = try write("s", to: "secret", in: bench, mode: mode)
            let node = try root(bench, ["--secret-file", file])
            #expect(try wants(node, "s", bench))
            if warns { try eventually("it warns") { node.program.errors.contains("chmod 600 \(file)") } }
            let warnings = node.program.errors.split(separator: "\n").filter { $0.contains("chmod 600 \(file)") }
            #expect(warnings.count == (warns ? 1 : 0), "\(node.program.errors)")
            let run = try bench.run(["tree", "-rp", String(node.port), "--secret-file", file])
            #expect(run.status == 0 && run.errors.contains("chmod 600 \(file)") == warns, "\(run.errors)")
        }
    }

    @Test(arguments: ["s", "s\n", "s\r\n", "s\nand more\n", "\u{feff}s\n"])
    func `A secret file's first line is the secret, however it ends`(content: String) throws {
        try onBench { bench in
            let node = try root(bench, ["--secret-file", try write(content, to: "secret", in: bench)])
            #expect(try wants(node, "s", bench))
        }
    }
}

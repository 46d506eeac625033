import Foundation
import Testing

extension RealPrograms {
    /// Settings from flags, the environment and a file.
    @Suite struct ConfigTests {}
}

extension RealPrograms.ConfigTests {
    private func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func file(_ text: String, in bench: Bench, _ name: String = "node.yaml") throws -> String {
        let path = bench.folder + "/" + name
        try write(text, to: path)
        return path
    }

    @Test(arguments: ["node", "clock"])
    func `The printed defaults read back as the defaults, with a comment for each setting`(program: String) throws {
        try onBench { bench in
            let defaults = try bench.run(["config", program])
            #expect(defaults.status == 0)
            #expect(defaults.output.contains("listen-port: 37"))
            let path = try file(defaults.output, in: bench)
            // The tests run with this variable.
            let usual = ["COPPICE_INSECURE_FLAGS": ""]
            #expect(
                try bench.run(["config", program, "--config", path], environment: usual).output == defaults.output)
            let secret = ["COPPICE_SECRET": "a secret"]
            let check = try bench.run([program, "--config", path, "--check"], environment: secret)
            #expect(check.status == 0, "\(check.errors)")
            #expect(check.output == "the settings of this \(program) are right")
            let settings = defaults.output.split(separator: "\n").filter { $0.contains(#/^(# )?[a-z-]+:/#) }
            #expect(settings.count > (program == "node" ? 40 : 10))
        }
    }

    @Test func `A running node tells which of flag, environment and file it uses, and no secret`() throws {
        try onBench { bench in
            let path = try file(
                "heartbeat: 700ms\nidle-timeout: 10m\nmax-name-bytes: 50\nsecret: from-file\nmemory: true\n", in: bench)
            let program = try bench.started(
                "node",
                ["node", "-lp", "0", "--clock", "none", "--config", path, "--max-name-bytes=60", "--lost-after", "5s"],
                environment: ["COPPICE_IDLE_TIMEOUT": "20m", "COPPICE_MAX_NAME_BYTES": "55"])
            let port = try Node.port(of: program)
            let told = try bench.run(["config", "--of", "localhost:\(port)", "-s", "from-file"])
            #expect(told.status == 0, "\(told.errors)")
            let lines = told.output.split(separator: "\n")
            for line in [
                "heartbeat: 700", "idle-timeout: 1200", "max-name-bytes: 60", "lost-after: 5000", "memory: true",
            ] {
                #expect(lines.contains(Substring(line)), "\(line)")
            }
            #expect(!told.output.contains("from-file"))
            #expect(lines.contains { $0.hasPrefix("# secret: (set by \(path):4") })
            let wrong = try bench.run(["config", "--of", "localhost:\(port)", "-s", "wrong"])
            #expect(
                wrong.status == 1 && wrong.output.isEmpty
                    && wrong.errors.contains("check --secret-file or COPPICE_SECRET"))
        }
    }

    @Test func `A mistake is named with its place and the nearest name, and nothing is started`() throws {
        try onBench { bench in
            let wrong = try file("heartbeat: 1\nidle-timout: 5\n", in: bench)
            let cases: [(arguments: [String], environment: [String: String], words: [String])] = [
                (
                    ["--config", wrong], [:],
                    [
                        "\(wrong):1: heartbeat has to be at least 10 milliseconds, not 1",
                        "\(wrong):2: idle-timout is no setting of coppice node: did you mean idle-timeout?",
                    ]
                ),
                ([], ["COPPICE_REPLICAS": "9"], ["COPPICE_REPLICAS has to be 0 to 8, not 9"]),
                (["--replicas", "9"], [:], ["--replicas has to be 0 to 8, not 9"]),
                (["--config", "/nowhere/x"], [:], ["/nowhere/x", "check --config"]),
                ([], ["COPPICE_MEMORY": "true", "COPPICE_DATA_DIR": "x"], ["--data-dir is set by COPPICE_DATA_DIR"]),
                (["--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"], [:], ["/nowhere/"]),
                (["--secret-file", "/nowhere/s"], [:], ["/nowhere/s", "--secret-file"]),
                (["--data-dir", wrong + "/x"], [:], [wrong, "--data-dir"]),
                (["--bind", "name.example"], [:], ["--bind"]),
            ]
            for (arguments, environment, words) in cases {
                for check in [["--check"], []] {
                    let run = try bench.run(
                        ["node", "-lp", "0", "--clock", "none"] + arguments + check, environment: environment)
                    #expect(run.status != 0 && run.output.isEmpty, "\(arguments) \(run.output)")
                    for word in words { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
                }
            }
            let good = try bench.run(["clock", "--plain-links", "--check", "--data-dir", bench.folder + "/new"])
            #expect(good.status == 0, "\(good.errors)")
            #expect(!FileManager.default.fileExists(atPath: bench.folder + "/new"))
        }
    }

    @Test func `A mistake in a list is named with its own line, in flags and variables too`() throws {
        try onBench { bench in
            let lists: [(program: String, name: String, elements: [String], line: Int, words: String)] = [
                (
                    "node", "seeds", ["a:1", "b:xx"], 3,
                    "takes a port of 1 to 65535 after the host and a colon, not b:xx"
                ),
                ("node", "seeds", ["dns:[x"], 2, "takes a name after dns:"),
                ("node", "clock", ["a:1", "nonsense"], 3, "takes HOST:PORT, not nonsense"),
                ("node", "log-level", ["info", "tree=debgu"], 3, "not tree=debgu: did you mean debug?"),
                ("node", "log-level", ["info", "tre=debug"], 3, "and not tre: did you mean tree?"),
                ("node", "proxy-from", ["1.2.3.4", "10.0.0.0/99"], 3, "not 10.0.0.0/99"),
                ("node", "web-origins", ["http://a", "nonsense"], 3, "without a path, not nonsense"),
                ("clock", "etcd", ["http://a:1", "b"], 3, "takes http://HOST:PORT, not b"),
            ]
            for list in lists {
                let text = "\(list.name):\n" + list.elements.map { "  - \"\($0)\"\n" }.joined()
                let path = try file(text, in: bench)
                let run = try bench.run([list.program, "--config", path, "--check"])
                #expect(run.status == 64, "\(run.errors)")
                #expect(run.errors.hasPrefix("Error: \(path):\(list.line): \(list.name) "), "\(run.errors)")
                #expect(run.errors.contains(list.words) && !run.errors.contains("Usage"), "\(run.errors)")
                let flag = try bench.run(
                    [list.program, "--\(list.name)", list.elements.joined(separator: ","), "--check"])
                #expect(flag.errors.hasPrefix("Error: --\(list.name) "), "\(flag.errors)")
                #expect(flag.status == 64 && flag.errors.contains(list.words), "\(flag.errors)")
            }
        }
    }

    @Test func `A file of another kind gets one answer`() throws {
        try onBench { bench in
            let clock = try file(try bench.run(["config", "clock"]).output, in: bench, "clock.yaml")
            let node = try file(try bench.run(["config", "node"]).output, in: bench)
            let json = try file(
                #"{"name": "x", "version": "1.0.0", "scripts": {"test": "y"}}"#, in: bench, "package.json")
            let image = bench.folder + "/image.png"
            try Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]).write(to: URL(filePath: image))
            for (program, path, words) in [
                ("node", clock, "has settings of coppice clock"), ("clock", node, "has settings of coppice node"),
                ("node", json, "is no file of settings: 2 of its 3 names"), ("node", image, "is no text"),
                ("node", try Binary.path(), "file too large"),
            ] {
                let run = try bench.run([program, "--config", path, "--check"])
                let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("Warning") }
                #expect(run.status == 64 && lines.count == 1, "\(run.errors)")
                #expect(run.errors.contains(path) && run.errors.contains("check --config"), "\(run.errors)")
                #expect(run.errors.contains(words), "\(run.errors)")
            }
        }
    }

    @Test func `After SIGHUP a node uses new limits, names those that need a restart, and ignores a wrong file`() throws
    {
        try onBench { bench in
            let path = try file("max-name-bytes: 50\nlog-level: debug\n", in: bench)
            let node = try bench.node("node", ["--config", path])
            let program = node.program
            _ = try bench.newcomer(at: node, "annabella", "secret")

            try write("max-name-bytes: 4\nmax-strangers-per-address: 77\nlog-level: debug\nreplicas: 2\n", to: path)
            program.signal(SIGHUP)
            try eventually("it has read them") {
                program.errors.contains("stay as they were until a restart: replicas")
            }
            #expect(
                program.errors.contains("have changed: max-name-bytes is 4, max-strangers-per-address is 77\n")
                    || program.errors.contains("have changed: max-strangers-per-address is 77, max-name-bytes is 4\n"))
            let long = try bench.connect(to: node)
            try long.send(["command": "REGISTER", "username": "bertrand", "secret": "s"])
            #expect(try long.read()["command"] != "REGISTER_SUCCESS")
            _ = try bench.newcomer(at: node, "bert", "secret")

            try write("max-name-bytes: 60\nmoon: 1\n", to: path)
            program.signal(SIGHUP)
            try eventually("it says why not") {
                program.errors.contains("the settings stay as they were: \(path):2: moon is no setting of coppice node")
            }
            let still = try bench.connect(to: node)
            try still.send(["command": "REGISTER", "username": "bertrand", "secret": "s"])
            #expect(try still.read()["command"] != "REGISTER_SUCCESS")

            try write("log-level: error\n", to: path)
            program.signal(SIGHUP)
            try eventually("the old limits are back") {
                let again = try bench.connect(to: node)
                try again.send(["command": "REGISTER", "username": "bertrand", "secret": "s"])
                return try again.read()["command"] == "REGISTER_SUCCESS"
            }
            #expect(program.isRunning)
        }
    }

    @Test func `A clock takes a new level of its log over`() throws {
        try onBench { bench in
            let path = try file("log-level: info\nidle-timeout: 60\n", in: bench)
            let clock = try bench.program(
                "clock",
                ["clock", "--plain-links", "-lp", "0", "--data-dir", bench.folder + "/clock", "--config", path])
            _ = try Node.port(of: clock)
            try write("log-level: debug\nidle-timeout: 61\n", to: path)
            clock.signal(SIGHUP)
            try eventually("it has read them") { clock.errors.contains("until a restart: idle-timeout") }
            #expect(clock.errors.contains("have changed: log-level is debug"))
            clock.signal(SIGUSR1)
            try eventually("it logs more") { clock.errors.contains("SIGUSR1: ignored") }
        }
    }

    @Test func `Every line of a log in JSON is an object with its name, and help explains it`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--log-format", "json", "--log-level", "debug"])
            let child = try bench.node("child", under: node, ["--log-format", "logfmt"])
            try eventually("it has joined") { child.program.errors.contains("line=joined") }
            node.program.signal(SIGHUP)
            try eventually("it logs") { node.program.errors.contains("SIGHUP") }
            for line in node.program.errors.split(separator: "\n") {
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
                #expect(object["program"] as? String == "node \(node.port)")
                let name = try #require(object["line"] as? String, "\(line)")
                #expect(object["module"] is String && object["message"] is String && object["time"] is String)
                let help = try bench.run(["help", "log", name])
                #expect(help.status == 0 && help.output.hasPrefix(name), "\(help.errors)")
            }
            try child.program.expectLogged(#/level=info program="node \d+" module=tree line=joined message="joined/#)
            #expect(try bench.run(["help", "log", "no", "such", "line"]).status == 1)
        }
    }

    @Test func `What a user is told is found by help, together with the line of the log that says the same`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-accounts", "1", "--max-line-bytes", "2000"])
            _ = try bench.newcomer(at: node, "anna", "secret")
            let told: [(says: String, kind: String)] = [
                (#"{"command":"LOGIN","username":"anna","secret":"wrong"}"#, "LOGIN_FAILED"),
                (#"{"command":"REGISTER","username":"bert","secret":"s"}"#, "REGISTER_FAILED"),
                (#"{"command":"REGISTER","username":"аnna","secret":"s"}"#, "INVALID_MESSAGE"),
                (#"{"command":"ACTIVITY_MESSAGE","username":"anna","activity":{}}"#, "AUTHENTICATION_FAIL"),
                (#"{"command":"STATUS","secret":"wrong"}"#, "AUTHENTICATION_FAIL"),
                (#"{"command":"LOGIN","username":7}"#, "INVALID_MESSAGE"), ("hello", "INVALID_MESSAGE"),
                (String(repeating: "x", count: 3000), "INVALID_MESSAGE"),
                (#"{"command":"LOGIN","username":"anna","token":"x"}"#, "INVALID_MESSAGE"),
                (#"{"command":"CHANGE_SECRET","username":"anna","secret":"s","new_secret":"s"}"#, "CHANGE_FAILED"),
            ]
            for (says, kind) in told {
                let client = try bench.connect(to: node)
                try client.send(says)
                let info = try #require(try client.expect(kind)["info"]?.text)
                client.close()
                let help = try bench.run(["help", "log", "\(node.program.name): \(info)"])
                #expect(help.status == 0 && help.output.contains("    > "), "\(info): \(help.errors)")
                #expect(help.output.split(separator: "\n")[0].contains(kind), "\(info): \(help.output)")
            }
            let both = try bench.run(["help", "log", "refusing registrations"]).output
            #expect(both.contains("accounts-full  (accounts; warning)"))
            let answers = try bench.run(["help", "answers", "as many names as it takes"]).output
            #expect(answers.contains("accounts-full") && answers.contains("coppice_refusals_total"))
            #expect(try bench.run(["help", "answers", "registering"]).output.contains("already registered"))
            #expect(try bench.run(["help", "answers", "lost the parent"]).status == 1)
        }
    }

    @Test func `Levels may differ by part of the program`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--log-level", "debug,program=error"])
            node.program.signal(SIGHUP)
            let child = try bench.node("child", under: node)
            try eventually("it logs") { node.program.errors.contains("took the child") }
            #expect(!node.program.errors.contains("SIGHUP"))
            _ = child
            let wrong = try bench.run(["node", "--log-level", "moon=debug", "--check"])
            #expect(wrong.status != 0 && wrong.errors.contains("--log-level"))
        }
    }
}

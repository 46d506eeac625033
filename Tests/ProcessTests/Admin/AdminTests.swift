import Foundation
import Testing

extension RealPrograms {
    /// `--admin`: what monitoring sees of real nodes.
    @Suite struct AdminTests {}
}

extension RealPrograms.AdminTests {
    @Test func `Metrics tell what clients and links do`() throws {
        try onBench { bench in
            let (above, aboveFlags) = try AdminPort.make()
            let (below, belowFlags) = try AdminPort.make()
            let a = try bench.node("a", aboveFlags)
            let b = try bench.node("b", under: a, belowFlags)
            try bench.waitForPath(of: b, [a])
            let anna = try bench.newcomer(at: a, "anna", "secret of anna")
            let listeners = try (0..<3).map { try bench.client(at: b, "listener \($0)") }
            for number in 0..<5 { try anna.say(["number": .integer(number)], as: "anna", secret: "secret of anna") }
            for listener in listeners {
                for _ in 0..<5 { try listener.expect("ACTIVITY_BROADCAST") }
            }
            try eventually("the metrics tell it") {
                let up = try above.samples()
                let down = try below.samples()
                return up["coppice_clients"] == 1 && down["coppice_clients"] == 3
                    && up["coppice_logins_total{result=\"succeeded\"}"] == 1
                    && up["coppice_registrations_total{result=\"succeeded\"}"] == 1
                    && down["coppice_logins_total{result=\"succeeded\"}"] == 3
                    // Five messages and a registration.
                    && up["coppice_messages_accepted_total"] == 6 && down["coppice_messages_accepted_total"] == 0
                    && down["coppice_messages_stored_total"] == 6 && down["coppice_messages_safe_total"] == 6
                    && down["coppice_deliveries_total"].map { $0 >= 15 } == true
                    && up["coppice_links{role=\"child\",state=\"open\"}"] == 1
                    && down["coppice_links{role=\"parent\",state=\"open\"}"] == 1
                    && up["coppice_role{role=\"root\"}"] == 1 && down["coppice_role{role=\"attached\"}"] == 1
                    && up["coppice_tree_nodes"] == 2 && up["coppice_accounts"] == 1
                    && up["coppice_replication_seconds_count"].map { $0 > 0 } == true
                    && up["coppice_turn_seconds_count"].map { $0 > 10 } == true
                    && down["coppice_cursors_behind"] == 0 && down["coppice_ready"] == 1
            }
            a.killHard()
            try eventually("the healing is told") {
                let down = try below.samples()
                return down["coppice_healing_seconds_count"] == 1 && down["coppice_role{role=\"root\"}"] == 1
                    && down["coppice_links_lost_total{reason=\"closed\"}"] == 1
            }
        }
    }

    @Test func `Each metric stands in the operators' table, and the table has no other`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let links = try bench.linkCertificates()
            let (admin, flags) = try AdminPort.make(certificates.nodeFlags + links.flags("n1"))
            _ = try bench.node("node", flags)
            _ = try admin.get("/metrics")
            let text = try admin.get("/metrics", ["Accept: application/openmetrics-text; version=1.0.0"]).body
            #expect(text.hasSuffix("# EOF\n"))
            var told: Set<String> = []
            for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                told.insert(words[2] + (words[3] == "counter" ? "_total" : ""))
            }
            let page = try String(contentsOfFile: Self.root + "/docs/operations.md", encoding: .utf8)
            let section = try #require(page.components(separatedBy: "\n## Metrics and health\n").last)
                .components(separatedBy: "\n## ")[0]
            var written: Set<String> = []
            for line in section.split(separator: "\n") where line.hasPrefix("| `coppice_") || line.hasPrefix("| `proc")
            {
                written.insert(String(line.split(separator: "`")[1]))
            }
            #expect(told.subtracting(written) == [], "not in docs/operations.md")
            #expect(written.subtracting(told) == [], "in docs/operations.md, and not told")
        }
    }

    @Test func `A reload that was refused is told until one succeeds`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let keys = bench.folder + "/keys"
            let files = [
                ("settings", bench.folder + "/node.yaml", "max-name-bytes: 50\n"),
                ("secret", bench.folder + "/secret", Bench.secret + "\n"),
                ("token_keys", keys, String(repeating: "k", count: 32) + "\n"),
                (
                    "certificate", certificates.certificate,
                    try String(contentsOfFile: certificates.certificate, encoding: .utf8)
                ),
            ]
            func write(_ text: String, _ path: String) throws {
                #expect(
                    FileManager.default.createFile(
                        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
            }
            for (_, path, text) in files { try write(text, path) }
            let (admin, flags) = try AdminPort.make(certificates.nodeFlags)
            let node = try bench.program(
                "node",
                [
                    "node", "-lp", "0", "--memory", "--clock", "none", "--config", files[0].1, "--secret-file",
                    files[1].1,
                ]
                    + ["--jwt-key", keys] + flags)
            _ = try Node.port(of: node)
            func told(_ name: String, _ part: String) throws -> Double? {
                try admin.samples()["coppice_config_last_reload_\(name){part=\"\(part)\"}"]
            }
            #expect(try told("successful", "link_certificate") == nil)
            for (part, path, text) in files {
                #expect(try told("successful", part) == 1, "\(part)")
                let started = try #require(try told("success_timestamp_seconds", part))
                #expect(abs(started - Date().timeIntervalSince1970) < 60)
                for wrong in [part == "secret" ? "\n" : "moon: [1\n", nil] {
                    if let wrong { try write(wrong, path) } else { try FileManager.default.removeItem(atPath: path) }
                    node.signal(SIGHUP)
                    try eventually("\(part) can't be used", within: .seconds(40)) {
                        try told("successful", part) == 0
                    }
                    let last = try #require(try told("success_timestamp_seconds", part))
                    for (other, _, _) in files where other != part { #expect(try told("successful", other) == 1) }
                    try write(text, path)
                    // Without a signal certificates and keys are looked at too, also if they are as they were.
                    if wrong != nil || part == "settings" || part == "secret" { node.signal(SIGHUP) }
                    try eventually("\(part) can be used again", within: .seconds(40)) {
                        try told("successful", part) == 1 && told("success_timestamp_seconds", part)! > last
                    }
                }
            }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")

    @Test func `A node is ready once it has its place, and says why when it isn't`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            let (other, otherFlags) = try AdminPort.make()
            let root = try bench.node("root", flags + ["--max-clients", "1"])
            #expect(try admin.get("/health").status == 200)
            try eventually("it is ready") { try admin.get("/ready").status == 200 }
            _ = try bench.client(at: root)
            try eventually("a full node isn't ready") {
                let answer = try admin.get("/ready")
                return answer.status == 503 && answer.body.contains("as many clients as it takes")
            }
            let lost = try bench.node("lost", secret: "other", otherFlags + ["-rh", "localhost:1"])
            try eventually("an unjoined node says why") {
                let answer = try other.get("/ready")
                return answer.status == 503 && answer.body.contains("nobody listens there")
            }
            #expect(try other.get("/health").status == 200)
            lost.killHard()
        }
    }

    @Test func `The tree is what the tree's own program prints, and no more than two ask it at a time`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            let a = try bench.node("a", flags)
            let b = try bench.node("b", under: a)
            try bench.waitForPath(of: b, [a])
            let answer = try admin.get("/tree")
            #expect(answer.status == 200)
            #expect(answer.fields.contains("Content-Type: application/json"))
            let tree = try JSONParser.parse(Array(answer.body.utf8))
            #expect(tree["complete"] == true)
            #expect(tree["nodes"]?.elements?.count == 2)
            #expect(!answer.body.contains(a.secret))
            // b is stopped, and answers nothing: questions wait for it.
            b.program.signal(SIGSTOP)
            let askers = try (0..<4).map { _ in try Sockets.connect(port: admin.port) }
            let request = Array("GET /tree HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
            for asker in askers { _ = asker.write(request, until: Deadline(within: .seconds(5))) }
            let statuses = try askers.map { try AdminPort.read($0).status }
            b.program.signal(SIGCONT)
            #expect(statuses.sorted() == [200, 200, 503, 503])
            #expect(try admin.get("/tree").status == 200)
        }
    }

    @Test func `A token is wanted for all that isn't health, in each spelling but the right one`() throws {
        try onBench { bench in
            let file = bench.folder + "/token"
            try "let-me-in\nmore\n".write(toFile: file, atomically: true, encoding: .utf8)
            let (admin, flags) = try AdminPort.make(["--admin-token-file", file])
            _ = try bench.node("node", flags)
            #expect(try admin.get("/health").status == 200)
            try eventually("it is ready") { try admin.get("/ready").status == 200 }
            for path in ["/metrics", "/tree", "/none"] {
                #expect(try admin.get(path).status == 401)
                for wrong in ["Bearer let-me-i", "Bearer let-me-in ", "Basic let-me-in", "let-me-in", "Bearer"] {
                    let answer = try admin.get(path, ["Authorization: \(wrong)x"])
                    #expect(answer.status == 401)
                    #expect(answer.fields.contains("WWW-Authenticate: Bearer realm=\"coppice\""))
                }
            }
            #expect(try admin.get("/metrics", ["Authorization: bearer let-me-in"]).status == 200)
            #expect(try admin.get("/none", ["Authorization: Bearer let-me-in"]).status == 404)
        }
    }

    @Test func `The page is for everybody, and shows nothing by itself`() throws {
        try onBench { bench in
            let file = bench.folder + "/token"
            try "let-me-in\n".write(toFile: file, atomically: true, encoding: .utf8)
            let (admin, flags) = try AdminPort.make(["--admin-token-file", file])
            let node = try bench.node("node", flags)
            for (path, type) in [
                ("/", "text/html"), ("/tree.js", "text/javascript"), ("/layout.js", "text/javascript"),
                ("/tree.css", "text/css"), ("/icon.svg", "image/svg+xml"),
            ] {
                let answer = try admin.get(path)
                #expect(answer.status == 200)
                #expect(answer.fields.contains { $0.hasPrefix("Content-Type: \(type)") })
                #expect(
                    answer.fields.contains {
                        $0.hasPrefix("Content-Security-Policy: default-src 'none'")
                            && $0.contains("connect-src 'self';")
                    })
                #expect(!answer.body.contains("\(node.port)") && !answer.body.contains("http://localhost"))
                #expect(try admin.get(path, method: "POST").status == 405)
            }
            // The page to chat with is on the other port.
            #expect(try admin.get("/chat.js", ["Authorization: Bearer let-me-in"]).status == 404)
        }
    }

    @Test func `Flags that can't be used are named`() throws {
        try onBench { bench in
            let taken = try StandInListener()
            for (flags, words) in [
                (["--admin", "0.0.0.0:9"], "it needs --admin-token-file"),
                (["--admin", "[::]:9"], "it needs --admin-token-file"),
                (["--admin", "node.example:9"], "--admin takes a numeric address"),
                (["--admin", "127.0.0.1"], "--admin needs a port"),
                (["--admin-token-file", "/none"], "--admin-token-file needs --admin"),
                (["--admin", "9781", "--admin-token-file", "/none"], "check --admin-token-file"),
                (["--admin", "127.0.0.1:\(taken.port)"], "choose another port with --admin"),
            ] {
                let run = try bench.run(["node", "-lp", "0", "--memory", "--clock", "none", "-ms", "s"] + flags)
                #expect(run.status != 0, "\(flags)")
                #expect(run.errors.contains(words), "\(flags): \(run.errors)")
            }
        }
    }

    @Test func `The port speaks TLS with those who begin with it, and plain HTTP with the others`() throws {
        try onBench { bench in
            let certificates = try bench.certificates()
            let (admin, flags) = try AdminPort.make(certificates.nodeFlags)
            _ = try bench.node("node", flags)
            let curl = try bench.program(
                "curl", path: "/usr/bin/env",
                ["curl", "-sS", "--cacert", certificates.authority, "https://localhost:\(admin.port)/health"])
            #expect(try curl.readToEnd() == ["ok"])
            try bench.forget(curl)
            #expect(try admin.get("/health").body == "ok\n")
        }
    }
}

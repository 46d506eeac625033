import Answers
import Foundation
import Testing
import Yams

extension RealPrograms {
    /// docs/operations.md: what it promises to have, and what it tells operators to type.
    @Suite struct HandbookTests {}
}

extension RealPrograms.HandbookTests {
    @Test func `Every alert has a section that says what to do, and no other has one`() throws {
        let rules = try String(contentsOfFile: Handbook.root + "/docker/alerts.yml", encoding: .utf8)
        let groups = (try Yams.load(yaml: rules) as? [String: Any])?["groups"] as? [[String: Any]] ?? []
        let alerts = groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }.compactMap { $0["alert"] as? String }
        #expect(alerts.count > 10)
        let titles = try Handbook("operations.md").headings
        let begin = try #require(titles.firstIndex { $0.title == "Alarms" })
        let sections = titles[(begin + 1)...].prefix { $0.level == 3 }.map(\.title)
        #expect(sections == alerts)
    }

    @Test(arguments: ["operations.md", "tutorial.md"])
    func `Every link within a page leads to a heading`(page: String) throws {
        let page = try Handbook(page)
        let anchors = page.headings.map { Handbook.anchor($0.title) }
        #expect(Set(anchors).count == anchors.count, "two headings are alike")
        for match in page.text.matches(of: /\]\(#([^)]*)\)/) {
            #expect(anchors.contains(String(match.output.1)), "#\(match.output.1)")
        }
    }

    @Test func `Names of log lines in the failures' sections are lines of the log`() throws {
        let page = try Handbook("operations.md").text
        let section = try #require(page.components(separatedBy: "\n## Alarms\n").last).components(
            separatedBy: "\n## Limits")[0]
        let log = try String(contentsOfFile: Handbook.root + "/docs/log.md", encoding: .utf8)
        let names = section.matches(of: /`([a-z]+(?:-[a-z]+)+)`/).map { String($0.output.1) }
        // The others are settings.
        let settings = ["parent-host", "parent-port"]
        #expect(names.count > 8)
        for name in names where !settings.contains(name) { #expect(log.contains("| `\(name)` |"), "\(name)") }
    }

    @Test func `What users are told when they are kept out or closed stands in the failures, with its traces`() throws {
        let page = try Handbook("operations.md").text
        let first = try #require(page.firstRange(of: "\n### A user is disconnected again and again\n"))
        let section = page[first.upperBound...].components(separatedBy: "\n### A slow client\n")[0]
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let subjects: Set<AnswerSubject> = [.newcomers, .sessions, .login, .tokens, .registering, .names]
        var count = 0
        for answer in AnswerExplanation.all where subjects.contains(answer.subject) && !answer.kind.hasSuffix("SUCCESS")
        {
            count += 1
            let told = rows.filter { row in answer.texts.contains { row.contains("`\($0)`") } }
            #expect(!told.isEmpty, "\(answer.texts)")
            for row in told {
                for line in answer.log { #expect(row.contains("`\(line.rawValue)`"), "\(line): \(row)") }
                for metric in (answer.metric ?? "").matches(of: /coppice_[a-z_]+/) {
                    // What all refused registrations have in common stands above their table.
                    let isCommon = metric.output == "coppice_registrations_total"
                    #expect(isCommon || row.contains(metric.output), "\(metric.output): \(row)")
                }
            }
        }
        #expect(count > 30)
        // What stands there in quotes, and is no text of a client's own program, is an answer.
        for match in section.matches(of: /`([^`]*…[^`]*)`/) where match.output.1 != "… has sent us to …" {
            let text = String(match.output.1).replacing(#/,? …$/#, with: "")
            let isKnown = AnswerExplanation.all.contains {
                $0.texts.contains { $0.contains(text) }
            }
            #expect(isKnown || text.hasPrefix("the server says"), "\(text)")
        }
    }

    @Test func `The settings of the six machines are right, and differ in their names alone`() throws {
        let page = try Handbook("operations.md")
        let section = "Six servers on six machines"
        let node = try #require(page.blocks("yaml", in: section).first)
        let clock = try #require(page.blocks("sh", in: section).first { $0.contains("clock.yaml") })
        try onBench { bench in
            for file in ["secret", "token"] {
                FileManager.default.createFile(
                    atPath: bench.folder + "/\(file)", contents: Data("0123456789abcdefghij\n".utf8),
                    attributes: [.posixPermissions: 0o600])
            }
            for number in 1...6 {
                let text = node.replacing("hostname: n1.example", with: "hostname: n\(number).example")
                    .replacing("/etc/coppice/", with: bench.folder + "/")
                try text.write(toFile: bench.folder + "/node.yaml", atomically: true, encoding: .utf8)
                let run = try bench.run(["node", "--check", "--memory", "--config", bench.folder + "/node.yaml"])
                #expect(run.status == 0 && !run.errors.contains("Warning"), "\(run.errors)")
            }
            // What the block writes, without what it starts.
            let written = clock.components(separatedBy: "'")[1]
            try written.replacing("/etc/coppice/", with: bench.folder + "/")
                .write(toFile: bench.folder + "/clock.yaml", atomically: true, encoding: .utf8)
            let run = try bench.run([
                "clock", "--check", "--data-dir", bench.folder + "/clock", "--config", bench.folder + "/clock.yaml",
            ])
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3"), "needs sqlite3"))
    func `A backup brings the accounts back after all nodes are lost`() throws {
        let page = try Handbook("operations.md")
        let back = page.blocks("sh", in: "Back up").joined(separator: "\n")
        let restore = page.blocks("sh", in: "All nodes are lost")
        #expect(restore.count == 2)
        try onBench { bench in
            let host = try Host(bench)
            let node = try host.start(under: nil)
            _ = try bench.newcomer(at: node, "anna", "anna's secret")
            let saved = try host.run(back)
            #expect(saved.contains("ok"), "\(saved)")

            node.killHard()
            try FileManager.default.removeItem(atPath: host.data)
            try FileManager.default.removeItem(atPath: host.settings + "/secret")
            try host.run(restore[0])
            let again = try host.node()
            #expect(try host.run(restore[1]).contains("anna"))
            // The first machine has her, and a second one with nothing gets her from there.
            let other = try bench.node(
                "other", under: again, secret: again.secret, ["--data-dir", bench.folder + "/other"])
            try bench.waitForPath(of: other, [again])
            _ = try bench.client(at: other, as: "anna", secret: "anna's secret")
        }
    }

    /// A machine with folders of its own, on which `systemctl` starts and stops a node as the package's unit does.
    private struct Host {
        private let bench: Bench
        private let port: Int
        var data: String { bench.folder + "/lib/node" }
        var settings: String { bench.folder + "/etc" }

        init(_ bench: Bench) throws {
            self.bench = bench
            port = try Sockets.freePort()
            for folder in ["/lib", "/etc", "/backups", "/bin"] {
                try FileManager.default.createDirectory(
                    atPath: bench.folder + folder, withIntermediateDirectories: true)
            }
            try write("etc/secret", "\(Bench.secret)\n", mode: 0o600)
            try write(
                "etc/node.yaml",
                "listen-port: \(port)\nsecret-file: \(bench.folder)/etc/secret\nclock: none\nredirect-gap: 0\n",
                mode: 0o600)
            // What only root and the package's own user can do is noted, and left out.
            try write("bin/chown", "#!/bin/sh\nexit 0\n", mode: 0o755)
            try write("bin/systemctl", "#!/bin/sh\necho \"$1 $2\" >>'\(bench.folder)/systemctl'\n", mode: 0o755)
        }

        private func write(_ name: String, _ text: String, mode: Int) throws {
            let written = FileManager.default.createFile(
                atPath: bench.folder + "/" + name, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
            #expect(written)
        }

        func start(under parent: Node?) throws -> Node {
            let program = try bench.program(
                "node", ["node", "--config", settings + "/node.yaml", "--data-dir", data])
            return Node("node", program, port: try Node.port(of: program), secret: Bench.secret)
        }

        /// The node that `systemctl` was told to start last.
        func node() throws -> Node {
            let told = try String(contentsOfFile: bench.folder + "/systemctl", encoding: .utf8)
            #expect(told == "stop coppice\nstart coppice\n")
            return try start(under: nil)
        }

        /// Runs what the handbook says, with this machine's folders.
        @discardableResult
        func run(_ block: String) throws -> String {
            let text = block.replacing("/var/lib/coppice", with: bench.folder + "/lib")
                .replacing("/etc/coppice", with: settings).replacing("/var/backups", with: bench.folder + "/backups")
            let program = try Binary.path()
            let script =
                "set -e; PATH='\(bench.folder)/bin':$(dirname '\(program)'):$PATH\n"
                + "coppice() { command coppice \"$@\" -rp \(port); }\n" + text
            let shell = try bench.program("shell", path: "/bin/bash", ["-c", script])
            let output = try shell.readToEnd().joined(separator: "\n")
            #expect(try shell.waitForEnd() == .exited(0), "\(shell.errors)")
            return output
        }
    }
}

import Foundation
import Testing

extension RealPrograms {
    /// Metrics, alerts and the dashboard, as a real Prometheus takes them.
    @Suite(.enabled(if: Prometheus.isInstalled, Prometheus.refusal)) struct PrometheusTests {}
}

/// The programs of Debian's package `prometheus`.
enum Prometheus {
    static let server = "/usr/bin/prometheus"
    static let tool = "/usr/bin/promtool"
    static let refusal: Comment =
        "prometheus is not installed (Debian: prometheus), so what it makes of metrics is not tested"

    static var isInstalled: Bool {
        [server, tool].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

extension RealPrograms.PrometheusTests {
    private static let docker =
        URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/") + "/docker"

    /// The expressions of the dashboard, with a number where Grafana puts one.
    private static func dashboard() throws -> [String] {
        let data = try Data(contentsOf: URL(fileURLWithPath: docker + "/dashboard.json"))
        let page = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(page["panels"] as? [[String: Any]])
        let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
        return targets.compactMap { $0["expr"] as? String }.map {
            $0.replacingOccurrences(of: "$__rate_interval", with: "1m").replacingOccurrences(of: "$job", with: ".*")
        }
    }

    @Test func `promtool finds nothing wrong with the metrics and the rules`() throws {
        try onBench { bench in
            let (admin, flags) = try AdminPort.make()
            _ = try bench.node("node", flags)
            let file = bench.folder + "/metrics"
            try admin.get("/metrics").body.write(toFile: file, atomically: true, encoding: .utf8)
            for script in [
                "exec \(Prometheus.tool) check metrics <\(file) 2>&1",
                "exec \(Prometheus.tool) check rules \(Self.docker)/alerts.yml 2>&1",
            ] {
                let run = try bench.program("promtool", path: "/bin/sh", ["-c", script])
                let output = try run.readToEnd()
                #expect(try run.waitForEnd() == .exited(0), "\(output)")
                try bench.forget(run)
            }
        }
    }

    @Test func `A Prometheus scrapes six nodes, and each query of the dashboard has an answer`() throws {
        try onBench { bench in
            let token = bench.folder + "/token"
            try "secret-token\n".write(toFile: token, atomically: true, encoding: .utf8)
            let ports = try (0..<6).map { _ in try Sockets.freePort() }
            func flags(_ number: Int) -> [String] {
                ["--admin", "127.0.0.1:\(ports[number])", "--admin-token-file", token]
            }
            let root = try bench.node("a", flags(0))
            let others = try (1..<6).map { try bench.node("node \($0)", under: root, flags($0)) }
            for node in others { try bench.waitForPath(of: node, [root]) }
            let listener = try bench.client(at: others[0])
            let speaker = try bench.client(at: root)
            let (config, own) = (bench.folder + "/prometheus.yml", try Sockets.freePort())
            let targets = ports.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
            try """
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
            rule_files: ["\(Self.docker)/alerts.yml"]
            scrape_configs:
              - job_name: coppice
                authorization: { credentials_file: \(token) }
                static_configs: [{ targets: [\(targets)] }]
            """.write(toFile: config, atomically: true, encoding: .utf8)
            let server = try bench.program(
                "prometheus", path: Prometheus.server,
                [
                    "--config.file=\(config)", "--storage.tsdb.path=\(bench.folder)/data",
                    "--web.listen-address=127.0.0.1:\(own)",
                ])
            let api = AdminPort(port: own)
            func value(_ query: String) throws -> String? {
                let allowed = CharacterSet.alphanumerics
                let text = try #require(query.addingPercentEncoding(withAllowedCharacters: allowed))
                let body = try api.get("/api/v1/query?query=\(text)").body
                guard body.contains("\"status\":\"success\"") else { throw Failure("\(query): \(body)") }
                return body.contains("\"result\":[]") ? nil : body
            }
            try eventually("all six are scraped", within: .seconds(30)) {
                try value("sum(up{job=\"coppice\"} == 1) == 6") != nil && value("sum(coppice_ready) == 6") != nil
            }
            for number in 0..<3 {
                try speaker.say(["number": .integer(number)])
                try listener.expect("ACTIVITY_BROADCAST")
            }
            for query in try Self.dashboard() {
                try eventually("there is an answer to \(query)", within: .seconds(30)) { try value(query) != nil }
            }
            try eventually("the messages are counted", within: .seconds(30)) {
                try value("sum(coppice_messages_accepted_total) == 3") != nil
            }
            others[4].killHard()
            try eventually("the missing node is seen, and the alert waits for its minute", within: .seconds(30)) {
                try value("ALERTS{alertname=\"CoppiceNodeDown\"}") != nil
            }
            server.killHard()
        }
    }
}

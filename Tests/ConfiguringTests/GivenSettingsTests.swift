import Foundation
import Testing

@testable import Configuring

@Suite("Settings from all sides")
struct GivenSettingsTests {
    /// Runs a test with a file of settings that only its owner may read.
    private func withFile(_ text: String, mode: Int = 0o600, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString).yaml").path()
        FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test("a flag wins over a variable, and a variable over the file")
    func precedence() throws {
        try withFile("heartbeat: 1000\nidle-timeout: 60\nlisten-port: 1\n") { (path: String) throws in
            let given = try Sample.given(
                ["--config", path, "--heartbeat", "3s"],
                ["COPPICE_HEARTBEAT": "2000", "COPPICE_IDLE_TIMEOUT": "2m", "HOME": "/"])
            #expect(given.arguments == ["--listen-port=1", "--idle-timeout=120", "--heartbeat=3000"])
            #expect(given.values["idle-timeout"]?.source == .variable("COPPICE_IDLE_TIMEOUT"))
            #expect(given.file == path)
        }
    }

    @Test("the file may be named by COPPICE_CONFIG, and a flag wins over that")
    func named() throws {
        try withFile("heartbeat: 1000\n") { (one: String) throws in
            try withFile("heartbeat: 2000\n") { (other: String) throws in
                #expect(try Sample.given([], ["COPPICE_CONFIG": one]).arguments == ["--heartbeat=1000"])
                #expect(
                    try Sample.given(["--config=\(other)"], ["COPPICE_CONFIG": one]).arguments == ["--heartbeat=2000"])
            }
        }
    }

    @Test("all spellings of a flag are understood, and the last one counts")
    func flags() throws {
        let given = try Sample.given(
            [
                "-lp", "1", "-lp=2", "--listen-port=3", "-s", "x", "--proxy-from", "a", "--proxy-from=b",
                "--memory=false",
            ])
        #expect(given.arguments == ["--listen-port=3", "--proxy-from=a", "--proxy-from=b", "--secret=x"])
        #expect(given.values["memory"]?.texts == ["false"])
    }

    @Test("an empty value stays one")
    func emptyValues() throws {
        #expect(try Sample.given(["--secret=", "--seeds", ""]).arguments == ["--seeds", "", "--secret", ""])
    }

    @Test("what is no setting is left to the parser, and so is a flag without its value")
    func rest() throws {
        #expect(
            try Sample.given(["--moon", "--check", "-x", "word"]).arguments == ["--moon", "--check", "-x", "word"])
        #expect(try Sample.given(["--heartbeat"]).arguments == ["--heartbeat"])
        #expect(try Sample.given(["--heartbeat", "--memory"]).arguments == ["--heartbeat", "--memory"])
        #expect(
            try Sample.given(["--memory", "--", "--heartbeat", "1"]).arguments == [
                "--", "--heartbeat", "1", "--memory",
            ])
    }

    /// What is wrong with these; empty if nothing is.
    private func mistakes(_ arguments: [String], _ environment: [String: String] = [:]) -> [String] {
        Sample.mistakes { _ = try Sample.given(arguments, environment) }
    }

    @Test("a wrong flag or variable is named in its own words")
    func wrong() {
        #expect(
            mistakes(["-lp", "70000", "--heartbeat=x"]) == [
                "-lp/--listen-port has to be 0 to 65535, not 70000",
                "--heartbeat takes milliseconds, as 1500, 1500ms or 1.5s, not x",
            ])
        #expect(
            mistakes([], ["COPPICE_HEARTBEAT": "1"]) == ["COPPICE_HEARTBEAT has to be at least 10 milliseconds, not 1"])
        #expect(mistakes(["--config", "/nowhere/x.yaml"]).first?.contains("check --config") == true)
        #expect(mistakes([], ["COPPICE_CONFIG": "/nowhere/x"]).first?.contains("check COPPICE_CONFIG") == true)
    }

    @Test("an empty variable is none, and a misspelt one is warned of")
    func variables() throws {
        let given = try Sample.given(
            [],
            [
                "COPPICE_HEARTBEAT": "", "COPPICE_HARTBEAT": "1", "COPPICE_CLOCK_PORT_3779_TCP": "x",
                "COPPICE_SECRET": "y",
            ])
        #expect(given.arguments.isEmpty)
        #expect(given.warnings == ["COPPICE_HARTBEAT is no setting of coppice node: did you mean COPPICE_HEARTBEAT?"])
    }

    @Test("lists in a variable stand with commas, true and false as in a file")
    func formsOfVariables() throws {
        let given = try Sample.given(
            [], ["COPPICE_PROXY_FROM": "a,b", "COPPICE_SEEDS": "a:1,b:2", "COPPICE_MEMORY": "on"])
        #expect(given.arguments == ["--seeds=a:1,b:2", "--proxy-from=a", "--proxy-from=b", "--memory"])
    }

    @Test("a secret in the environment wins over one in the file, and others who can read the file are warned of")
    func secrets() throws {
        try withFile("secret: x\n", mode: 0o644) { (path: String) throws in
            let alone = try Sample.given(["--config", path])
            #expect(alone.arguments == ["--secret=x"])
            #expect(alone.warnings == ["other users can read the secret in \(path) (secret): chmod 600 \(path)"])
            #expect(try Sample.given(["--config", path], ["COPPICE_SECRET": "y"]).arguments.isEmpty)
            #expect(try Sample.given(["--config", path, "--secret-file", "f"]).arguments == ["--secret-file=f"])
        }
        // In the order of a dictionary the one of them came first or the other.
        for _ in 0..<20 {
            try withFile("secret: x\nsecret-file: f\n") { (path: String) throws in
                #expect(Set(try Sample.given(["--config", path]).arguments) == ["--secret=x", "--secret-file=f"])
            }
        }
        try withFile("secret: x\n") { (path: String) throws in
            #expect(try Sample.given(["--config", path]).warnings.isEmpty)
        }
        try withFile("memory: true\n", mode: 0o644) { (path: String) throws in
            #expect(try Sample.given(["--config", path]).warnings.isEmpty)
        }
    }

    @Test("a message about a flag tells which file or variable has set it")
    func places() throws {
        try withFile("memory: true\n") { (path: String) throws in
            let given = try Sample.given(["--config", path, "--order", "total"], ["COPPICE_HEARTBEAT": "20"])
            #expect(
                given.places(in: "--memory, --order and --heartbeat (--hea) don't fit") == [
                    "--heartbeat is set by COPPICE_HEARTBEAT", "--memory is set by \(path):1",
                ])
        }
    }

    @Test("changes are those that count at once, and those that need a restart")
    func changes() throws {
        let old = try Sample.given(["--heartbeat", "20", "--memory", "--order", "total"])
        let new = try Sample.given(["--heartbeat", "30", "--idle-timeout", "60", "--order", "causal"])
        let changes = old.changes(to: new)
        #expect(changes.running.map(\.name) == ["idle-timeout", "heartbeat"])
        #expect(changes.restart.map(\.name) == ["order", "memory"])
        #expect(changes.reachable.arguments == ["--idle-timeout=60", "--heartbeat=30", "--order=total", "--memory"])
        #expect(changes.running.map { changes.reachable.words($0) } == ["60", "30"])
    }

    @Test("a page of defaults reads back as the defaults, and a page of given settings as those")
    func pages() throws {
        let page = SettingsPage(try Sample.list())
        let defaults = try Sample.file(page.text()).mapValues(\.texts)
        #expect(
            defaults == [
                "listen-port": ["3780"], "heartbeat": ["1000"], "retention-bytes": ["268435456"], "seeds": ["none"],
                "order": ["causal"], "memory": ["false"],
            ])
        let given = try Sample.given(["--secret", "hidden", "--memory", "--seeds", "a:1,b:2", "--proxy-from", "it's"])
        let text = page.text(given)
        #expect(!text.contains("hidden"))
        #expect(text.contains("# Range: 5 to 604800 seconds, or 0 for never.") || text.contains("Range: 5 to"))
        let back = try Sample.file(text).mapValues(\.texts)
        #expect(back["memory"] == ["true"] && back["seeds"] == ["a:1,b:2"] && back["proxy-from"] == ["it's"])
        #expect(back["secret"] == nil)
    }

    @Test(
        "any text survives as a YAML value",
        arguments: [
            "", "~", "null", "a: b", "'", "#x", "-", "- x", "a,b", "true", "é", "\"", "12", "a#b", " x", "@x", "*a",
            "&a", "!x", "%", "`", "[", "{", ":", "a:",
        ])
    func scalars(text: String) throws {
        #expect(try Sample.file("seeds: \(SettingsPage.scalar(text))")["seeds"]?.texts == [text])
    }
}

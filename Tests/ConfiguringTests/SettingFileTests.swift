import Testing

@testable import Configuring

@Suite("A configuration file")
struct SettingFileTests {
    private func mistakes(_ text: String) -> [String] {
        Sample.mistakes { _ = try Sample.file(text) }
    }

    @Test("holds numbers with and without units, lists, texts, true and false")
    func values() throws {
        let values = try Sample.file(
            """
            # a comment
            listen-port: 3781
            idle-timeout: 10m
            heartbeat: 1.5s
            retention-bytes: 64MiB   # another one
            seeds: [a:3780, "b:3780"]
            proxy-from:
              - 10.0.0.0/8
              - ::1
            order: total
            memory: yes
            secret: 0123
            """)
        let texts = values.mapValues(\.texts)
        #expect(texts["listen-port"] == ["3781"])
        #expect(texts["idle-timeout"] == ["600"])
        #expect(texts["heartbeat"] == ["1500"])
        #expect(texts["retention-bytes"] == ["67108864"])
        #expect(texts["seeds"] == ["a:3780,b:3780"])
        #expect(texts["proxy-from"] == ["10.0.0.0/8", "::1"])
        #expect(texts["order"] == ["total"])
        #expect(texts["memory"] == ["true"])
        #expect(texts["secret"] == ["0123"])
        #expect(values["heartbeat"]?.source == .file("node.yaml", line: 4))
    }

    @Test("may be empty, or hold comments alone", arguments: ["", "\n", "# nothing\n", "---\n"])
    func empty(text: String) throws {
        #expect(try Sample.file(text).isEmpty)
    }

    @Test("names each mistake with its line, and the nearest name")
    func named() {
        #expect(
            mistakes(
                "listen-port: 1\nidle-timout: 5\nIDLE_TIMEOUT: 5\nlp: 3\nelephant: 4\nheartbeat: fast\norder: totl\n")
                == [
                    "node.yaml:2: idle-timout is no setting of coppice node: did you mean idle-timeout?",
                    "node.yaml:3: IDLE_TIMEOUT is no setting of coppice node: did you mean idle-timeout?",
                    "node.yaml:4: lp is no setting of coppice node: did you mean listen-port?",
                    "node.yaml:5: elephant is no setting of coppice node",
                    "node.yaml:6: heartbeat takes milliseconds, as 1500, 1500ms or 1.5s, not fast",
                    "node.yaml:7: order takes causal or total, not totl: did you mean total?",
                ])
    }

    @Test(
        "refuses what a setting can't be",
        arguments: [
            ("listen-port: 70000", "has to be 0 to 65535, not 70000"), ("listen-port: 1.5", "takes a whole number"),
            ("idle-timeout: 4", "has to be 5 to 604800 seconds, or 0 for never, not 4"),
            ("idle-timeout: 10x", "takes seconds"), ("idle-timeout: 1500ms", "takes seconds"),
            ("heartbeat: 9", "has to be at least 10 milliseconds, not 9"),
            ("heartbeat: [1, 2]", "takes one value, no list"),
            ("heartbeat:", "has no value"), ("heartbeat: ~", "has no value"), ("memory: maybe", "takes true or false"),
            ("retention-bytes: 99999999999GiB", "takes bytes"), ("seeds: {a: 1}", "takes a value, or a list"),
            ("seeds: [[a]]", "takes a list of plain values"), ("old: true", "is no setting"),
            ("check: true", "is no setting"),
            ("config: x", "is no setting"), ("help: true", "is no setting"), ("- a", "lines as NAME: VALUE"),
            ("just text", "lines as NAME: VALUE"), ("? [a]\n: 1", "lines as NAME: VALUE"),
        ])
    func refused(text: String, words: String) {
        let lines = mistakes(text)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("node.yaml:1: ") == true && lines.first?.contains(words) == true, "\(lines)")
    }

    @Test("names each wrong element of a list with its own line")
    func elements() {
        #expect(
            mistakes("seeds:\n  - a:1\n  - moon\n  -\n  - {a: 1}\nproxy-from: [x, [y]]\norder: [total, causal]\n") == [
                "node.yaml:3: seeds takes no moon",
                "node.yaml:4: seeds has an empty line in its list: give a value, or leave it out",
                "node.yaml:5: seeds takes a list of plain values",
                "node.yaml:6: proxy-from takes a list of plain values",
                "node.yaml:7: order takes one value, no list",
            ])
        #expect(mistakes("memory: true\nseeds: a:1,moon") == ["node.yaml:2: seeds takes no moon"])
        #expect(mistakes("secret-file: [a, b]") == ["node.yaml:1: secret-file takes one value, no list"])
    }

    @Test("that belongs to another program, or to none, is said to be that, in one line")
    func wrongKind() throws {
        let clock = try SettingList(
            "coppice clock",
            dump: """
                {"command": {"arguments": [
                  {"kind": "option", "names": [{"kind": "long", "name": "lease"}], "valueName": "seconds"},
                  {"kind": "option", "names": [{"kind": "long", "name": "etcd"}], "valueName": "urls"},
                  {"kind": "option", "names": [{"kind": "long", "name": "listen-port"}], "valueName": "port"}]}}
                """, facts: [:], others: [])
        func mistakes(_ text: String) -> [String] {
            Sample.mistakes { _ = try SettingFile(text, path: "x.yaml", try Sample.list(), others: { [clock] }) }
        }
        #expect(
            mistakes("listen-port: 1\nlease: 5\netcd: x\n") == [
                "x.yaml has settings of coppice clock, and 2 of them are none of coppice node, as lease in line 2: "
                    + "check --config"
            ])
        for (text, count, first) in [
            (#"{"name": "x", "version": 1, "files": []}"#, "3 of its 3", "name in line 1"),
            ("memory: 3\npaths: x\nopenapi: y\n", "2 of its 3", "paths in line 2"),
            ((1...40).map { "x\($0): 1" }.joined(separator: "\n"), "40 of its 40", "x1 in line 1"),
        ] {
            #expect(
                mistakes(text) == [
                    "x.yaml is no file of settings: \(count) names are none of coppice node, as \(first): check "
                        + "--config"
                ])
        }
        #expect(mistakes("lease: 5") == ["x.yaml:1: lease is no setting of coppice node"], "one name may be a slip")
    }

    @Test("with very many mistakes names the first ones, and counts the others")
    func many() {
        let lines = mistakes("memory: true\n" + (1...20).map { "memor\($0): 1" }.joined(separator: "\n"))
        #expect(lines.count == 8)
        #expect(lines.first == "node.yaml:2: memor1 is no setting of coppice node: did you mean memory?")
        #expect(lines.last == "13 more settings are wrong: they are named once these are right")
    }

    @Test("zero is taken where it has a meaning")
    func zero() throws {
        #expect(try Sample.file("idle-timeout: 0")["idle-timeout"]?.texts == ["0"])
    }

    @Test(
        "says where it is no YAML",
        arguments: [
            ("memory: true\nseeds: [a\n", "node.yaml:3: it is no YAML"), ("a: b: c", "node.yaml:1: it is no YAML"),
            ("memory: true\n\tseeds: x", "node.yaml:2: it is no YAML"), ("seeds: \"a", "node.yaml:1: it is no YAML"),
            ("memory: true\n---\nmemory: true", "node.yaml:2: it is no YAML"),
        ])
    func broken(text: String, words: String) {
        let lines = mistakes(text)
        #expect(lines.count == 1 && lines.first?.hasPrefix(words) == true, "\(lines)")
    }

    @Test("a name that stands there twice is refused with both lines")
    func twice() {
        #expect(
            mistakes("memory: true\norder: total\nmemory: false\n") == [
                "node.yaml:3: memory stands there a second time, first in line 1"
            ])
        #expect(
            mistakes("\"memory\": true\norder: total\n'memory' : false\n") == [
                "node.yaml:3: memory stands there a second time, first in line 1"
            ])
    }
}

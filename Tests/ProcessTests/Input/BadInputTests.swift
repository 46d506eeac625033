import Testing

extension RealProcesses {
    /// Whatever is wrong is answered by an INVALID_MESSAGE that says so, and the end of the connection; nobody else
    /// notices.
    @Suite struct BadInputTests {}
}

/// One way to be wrong: its bytes, and words of which the answer must say one.
struct BadInput {
    let name: String
    let bytes: [UInt8]
    let words: [String]

    init(_ name: String, _ bytes: [UInt8], saying words: String...) {
        self.name = name
        self.bytes = bytes
        self.words = words
    }

    init(_ name: String, _ line: String, saying words: String...) {
        self.name = name
        bytes = Array(line.utf8) + [0x0A]
        self.words = words
    }
}

/// Sends each to a fresh connection; after each of them a client that was there before and a new one still hear each
/// other. Reports all that went wrong, not just the first.
private func tryAll(
    _ inputs: [BadInput], _ bench: Bench, at node: Node, prepare: (BaseClient) throws -> Void = { _ in }
) throws {
    let witness = try bench.client(at: node, "witness")
    var failures: [String] = []
    for (n, input) in inputs.enumerated() {
        let client = try bench.connect(to: node, input.name)
        do {
            try prepare(client)
            try client.send(bytes: input.bytes)
            try client.expectInvalid(saying: input.words, skipping: ["ACTIVITY_BROADCAST", "SERVER_ANNOUNCE"])
        } catch let failure as Failure {
            failures.append(failure.description)
        }
        client.close()
        let newcomer = try bench.client(at: node, "newcomer")
        try newcomer.say(["n": .integer(n)])
        try newcomer.hear(["n": .integer(n)])
        try witness.hear(["n": .integer(n)])
        newcomer.close()
    }
    try #require(failures.isEmpty, "\(failures.joined(separator: "\n"))")
}

extension RealProcesses.BadInputTests {
    @Test func `Text that is no message`() throws {
        let deep = String(repeating: "[", count: 2_000) + String(repeating: "]", count: 2_000)
        let halfDeep = String(repeating: "{\"a\":", count: 1_000)
        try onBench { bench in
            let inputs = [
                BadInput("no JSON", "LOGIN anonymous"),
                BadInput("two values", #"{"command":"LOGOUT"}{"command":"LOGOUT"}"#),
                BadInput("a trailing comma", #"{"command":"LOGIN","username":"anonymous",}"#),
                BadInput("a comment", #"{"command":"LOGIN",/* me */"username":"anonymous"}"#),
                BadInput("a raw tab in a string", "{\"command\":\"LOGIN\",\"username\":\"anony\tmous\"}"),
                BadInput("a zero byte", [0x00, 0x0A]),
                BadInput("many zero bytes", [UInt8](repeating: 0, count: 100) + [0x0A]),
                BadInput("an escaped zero byte", #"{"command":"LOGIN","username":"anon\u0000ymous"}"#),
                BadInput("half a surrogate pair", #"{"command":"LOGIN","username":"\ud83c"}"#),
                BadInput("an array", #"["LOGIN"]"#, saying: "object"),
                BadInput("a string", #""LOGIN""#),
                BadInput("no command", #"{"username":"anonymous"}"#, saying: "command"),
                BadInput("a command that is a number", #"{"command":1}"#, saying: "command"),
                BadInput(
                    "duplicate keys", #"{"command":"LOGIN","username":"x","username":"anonymous"}"#,
                    saying: "duplicate", "twice"),
                BadInput(
                    "duplicate keys within", #"{"command":"LOGIN","username":"anonymous","x":{"a":1,"a":2}}"#,
                    saying: "duplicate", "twice"),
                BadInput(
                    "nested too deep", #"{"command":"LOGIN","username":"anonymous","x":"# + deep + "}", saying: "deep",
                    "nest", "depth"),
                BadInput("nested too deep and unfinished", halfDeep),
                BadInput("words", [UInt8]("HELLO Coppice\r\n\r\n".utf8)),
            ]
            try tryAll(inputs, bench, at: try bench.node())
        }
    }

    @Test func `Bytes that are not UTF-8`() throws {
        let start = Array(#"{"command":"LOGIN","username":"anon"#.utf8)
        let end = Array("\"}\n".utf8)
        try onBench { bench in
            let inputs = [
                BadInput("FF", start + [0xFF] + end, saying: "UTF-8"),
                BadInput("Latin-1", start + [0xE9] + end, saying: "UTF-8"),
                BadInput("an overlong slash", start + [0xC0, 0xAF] + end, saying: "UTF-8"),
                BadInput("Java's zero", start + [0xC0, 0x80] + end, saying: "UTF-8"),
                BadInput("an encoded surrogate", start + [0xED, 0xA0, 0x80] + end, saying: "UTF-8"),
                BadInput("beyond Unicode", start + [0xF4, 0x90, 0x80, 0x80] + end, saying: "UTF-8"),
                BadInput("cut short", start + [0xE6, 0xBC] + end, saying: "UTF-8"),
            ]
            try tryAll(inputs, bench, at: try bench.node())
        }
    }

    @Test func `Every field of a client's message with every wrong type`() throws {
        try onBench { bench in
            let node = try bench.node()
            let messages: [JSONValue] = [
                ["command": "AUTHENTICATE", "secret": .string(node.secret)],
                ["command": "LOGIN", "username": "alice", "secret": "s"],
                ["command": "REGISTER", "username": "alice", "secret": "s"],
            ]
            try tryAll(messages.flatMap { wrongTypes(of: $0, expected: [:]) }, bench, at: node)
            let activity: JSONValue = [
                "command": "ACTIVITY_MESSAGE", "username": "alice", "secret": "s", "activity": ["n": -1],
            ]
            try bench.connect(to: node).register("alice", "s")
            try tryAll(wrongTypes(of: activity, expected: ["activity": .object([:])]), bench, at: node) {
                try $0.login(as: "alice", secret: "s")
            }
        }
    }

    @Test func `Every field of a base server's message with every wrong type`() throws {
        try onBench { bench in
            let node = try bench.node()
            let messages: [(JSONValue, [String: JSONValue])] = [
                (["command": "ACTIVITY_BROADCAST", "activity": ["n": -1]], ["activity": .object([:])]),
                (["command": "LOCK_REQUEST", "username": "alice", "secret": "s"], [:]),
                (["command": "LOCK_ALLOWED", "username": "alice", "secret": "s"], [:]),
                (["command": "LOCK_DENIED", "username": "alice", "secret": "s"], [:]),
                (
                    ["command": "SERVER_ANNOUNCE", "id": "x", "load": 0, "hostname": "localhost", "port": 3780],
                    ["load": 0, "port": 0]
                ),
            ]
            try tryAll(messages.flatMap { wrongTypes(of: $0, expected: $1) }, bench, at: node) { peer in
                try peer.send(["command": "AUTHENTICATE", "secret": .string(node.secret)])
            }
        }
    }

    /// The message with each field in turn replaced by values of every type but its own. What is not named in
    /// `expected` is a string.
    private func wrongTypes(of message: JSONValue, expected: [String: JSONValue]) -> [BadInput] {
        let samples: [JSONValue] = ["not a number", 5, .real(1.5), true, .null, ["x"], ["x": "y"]]
        let command = message["command"]!.text!
        return message.members!.keys.sorted().flatMap { key in
            samples.filter { !$0.hasSameType(as: expected[key] ?? "") }.map { sample in
                var members = message.members!
                members[key] = sample
                return BadInput("\(command) with \(key) \(sample.line)", JSONValue.object(members).line, saying: key)
            }
        }
    }
}

extension JSONValue {
    fileprivate func hasSameType(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.string, .string), (.integer, .integer), (.real, .integer), (.bool, .bool), (.null, .null),
            (.list, .list), (.object, .object):
            true
        default: false
        }
    }
}

import Testing

extension RealProcesses {
    /// The original system's client, unmodified, at a node.
    @Suite struct OriginalClientTests {}
}

extension RealProcesses.OriginalClientTests {
    @Test func `It logs in as anonymous, registers, logs in with the name and talks`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let below = try bench.node("below", under: root)
            try bench.waitForPath(of: below, [root])
            let witness = try bench.client(at: root, "witness")
            let client = OriginalClient(try bench.connect(to: below, "original client"))
            func heard(_ text: String, from name: String) throws {
                for reader in [client.link, witness] { try reader.hear(["message": .string(text)], from: name) }
            }
            try client.login()
            try client.say(["message": "nobody yet"])
            try heard("nobody yet", from: "anonymous")
            try client.register("orig", "s")
            // Until it logs in again it is who it was.
            try client.say(["message": "still nobody"])
            try heard("still nobody", from: "anonymous")
            try client.login(as: "orig", secret: "s")
            try client.say(["message": "hello"])
            try heard("hello", from: "orig")
        }
    }

    @Test func `Any client may register after an anonymous login, and after no other`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            try client.register("zed", "s")
            try client.login(as: "zed", secret: "s")
            try client.say(["n": 1], as: "zed", secret: "s")
            try client.hear(["n": 1], from: "zed")
            try client.sendRegister("other", "s")
            try client.expectRefusal("INVALID_MESSAGE", "client has already logged in")
            let late = try bench.client(at: node)
            try late.registerInVain("zed", "other")
        }
    }

    @Test func `It reads a port as a string, and others as a number`() throws {
        try onBench { bench in
            let flags = ["--redirect-gap", "2", "-a", "50"]
            let full = try bench.node("full", flags)
            for number in 1...8 { _ = try bench.client(at: full, "stayer \(number)") }
            let empty = try bench.node("empty", under: full, flags)
            try eventually("the full node sends clients on") {
                let client = OriginalClient(try bench.connect(to: full, "original client"))
                defer { client.link.close() }
                try client.login()
                try client.say(["probe": true])
                let answer = try client.link.read()
                guard answer["command"] == "REDIRECT" else { return false }
                #expect(answer["port"] == .string(String(empty.port)))
                return true
            }
            let client = OriginalClient(try bench.connect(to: full, "original client"))
            try client.login()
            let address = try client.redirected()
            #expect(address == ("localhost", empty.port))
            // A client that leaves two blanks before its line is none of that kind.
            let plain = try bench.connect(to: full, "plain")
            try plain.send("  " + #"{"command":"LOGIN","username":"anonymous"}"#)
            try plain.expect("LOGIN_SUCCESS")
            try plain.expect("REDIRECT", ["port": .integer(empty.port)])
        }
    }

    @Test func `What it says in modified UTF-8 is heard in UTF-8`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            let client = OriginalClient(try bench.connect(to: node, "original client"))
            try client.login()
            let text = "ü € 😀😀 \u{10000}\u{10FFFF} 한"
            try client.say(["m": .string(text)])
            try witness.hear(["m": .string(text)])
            try client.link.hear(["m": .string(text)])
            // A letter that takes two units of UTF-16.
            try client.register("\u{20000}", "🌳")
            try client.login(as: "\u{20000}", secret: "🌳")
            let other = try bench.client(at: node, as: "\u{20000}", secret: "🌳")
            other.close()
        }
    }

    @Test(arguments: [[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xED, 0xA0, 0xBD], [0xC0, 0x80], [0xED, 0xB8, 0x80]])
    func `The bytes of modified UTF-8 are refused of everybody else`(bytes: [UInt8]) throws {
        try onBench { bench in
            let node = try bench.node()
            let before = #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"m":""#
            let line = Array(before.utf8) + bytes + Array(#""}}"#.utf8) + [10]
            let plain = try bench.client(at: node)
            try plain.send(bytes: line)
            try plain.expectInvalid(saying: ["UTF-8"])
            // Halves of a character, and the zero that JSON has not, are nobody's.
            guard bytes.count < 6 else { return }
            let client = OriginalClient(try bench.connect(to: node, "original client"))
            try client.login()
            try client.link.send(bytes: [UInt8(line.count >> 8), UInt8(line.count & 0xFF)] + line)
            try client.link.expectInvalid(saying: ["UTF-8", "JSON"])
        }
    }

    /// Lengths whose bytes are line ends, blanks and braces.
    @Test(arguments: [0x010A, 0x010D, 0x0A0A, 0x0A0D, 0x0D0A, 0x0D0D, 0x0A7B, 0x200A, 0x7B22, 0xFC0A])
    func `Its messages may have any length, be cut anywhere and come together`(length: Int) throws {
        try onBench { bench in
            let node = try bench.node()
            let client = OriginalClient(try bench.connect(to: node, "original client"))
            try client.login()
            func message(_ n: Int) -> [UInt8] {
                let short = client.activity(["n": .integer(n), "x": ""])
                var members = short.members!
                let padding = String(repeating: "x", count: length - short.line.utf8.count - 1)
                members["activity"] = ["n": .integer(n), "x": .string(padding)]
                let bytes = OriginalClient.writeUTF(JSONValue.object(members).line)
                precondition(bytes.count == length + 2)
                return bytes
            }
            func heard(_ n: Int) throws {
                let broadcast = try client.link.expect("ACTIVITY_BROADCAST")
                #expect(broadcast["activity"]?["n"] == .integer(n))
            }
            try client.link.send(bytes: message(1) + message(2) + message(3))
            for n in 1...3 { try heard(n) }
            for cut in 1...4 {
                let bytes = message(cut)
                try client.link.send(bytes: Array(bytes[..<cut]))
                // The node has read the first piece alone once it has answered somebody else.
                try bench.client(at: node).close()
                try client.link.send(bytes: Array(bytes[cut...]))
                try heard(cut)
            }
        }
    }
}

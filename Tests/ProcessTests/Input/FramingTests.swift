import Testing

extension RealProcesses {
    /// Lines as other programs write them: what a lenient reader has to take.
    @Suite struct FramingTests {}
}

private let login = #"{"command":"LOGIN","username":"anonymous"}"#
private func activity(_ n: Int) -> String {
    #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":\#(n)}}"#
}

extension RealProcesses.FramingTests {
    @Test(arguments: ["\n", "\r\n", "\r"])
    func `A line ends with LF, CRLF or a bare CR`(end: String) throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send(bytes: Array((login + end + activity(1) + end + activity(2) + end).utf8))
            try client.expect("LOGIN_SUCCESS")
            try client.hear(["n": 1])
            try client.hear(["n": 2])
        }
    }

    @Test func `A CR and its LF that arrive apart are one end of a line, not a blank line`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send(bytes: Array((login + "\r").utf8))
            try client.expect("LOGIN_SUCCESS")
            try client.send(bytes: Array(("\n" + activity(1) + "\r").utf8))
            try client.hear(["n": 1])
            try client.send(bytes: Array(("\n" + activity(2) + "\r\n").utf8))
            try client.hear(["n": 2])
        }
    }

    @Test func `A message may arrive byte by byte`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            for byte in Array((login + "\r\n" + activity(1) + "\n").utf8) {
                try client.send(bytes: [byte])
            }
            try client.expect("LOGIN_SUCCESS")
            try client.hear(["n": 1])
        }
    }

    @Test func `Messages sent in one piece are answered in order`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            let alice = #""username":"alice","secret":"s""#
            let lines = [
                #"{"command":"REGISTER",\#(alice)}"#, #"{"command":"LOGIN",\#(alice)}"#,
                #"{"command":"ACTIVITY_MESSAGE",\#(alice),"activity":{"n":1}}"#,
                #"{"command":"ACTIVITY_MESSAGE",\#(alice),"activity":{"n":2}}"#, #"{"command":"LOGIN",\#(alice)}"#,
            ]
            try client.send(bytes: Array((lines.joined(separator: "\n") + "\n").utf8))
            try client.expect("REGISTER_SUCCESS")
            try client.expect("LOGIN_SUCCESS")
            // A login may overtake broadcasts that wait to be safe, but nothing gets lost.
            var rest: Set<String> = []
            for _ in 0..<3 {
                let message = try client.read()
                rest.insert(message["activity"]?["n"].map(\.line) ?? message["command"]?.text ?? "")
            }
            #expect(rest == ["1", "2", "LOGIN_SUCCESS"])
        }
    }

    @Test func `What follows a LOGOUT in the same piece is not read`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            let client = try bench.connect(to: node)
            let lines = [login, activity(1), #"{"command":"LOGOUT"}"#, activity(2), "garbage", ""]
            try client.send(bytes: Array(lines.joined(separator: "\n").utf8))
            try witness.hear(["n": 1])
            try client.expect("LOGIN_SUCCESS")
            try client.expectEnd(skipping: ["ACTIVITY_BROADCAST"])
            try witness.say(["n": 3])
            try witness.hear(["n": 3])
        }
    }

    @Test func `The last line counts without a newline when the sender half-closes`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send(bytes: Array(login.utf8))
            client.finishSending()
            try client.expect("LOGIN_SUCCESS")
            try client.expectEnd()
        }
    }

    @Test func `A last line without a newline that is no message is answered too`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send(bytes: Array("{\"command\":\"LOG".utf8))
            client.finishSending()
            try client.expectInvalid()
        }
    }

    @Test func `The last activity of a sender that half-closes reaches the others`() throws {
        try onBench { bench in
            let node = try bench.node()
            let witness = try bench.client(at: node, "witness")
            let client = try bench.client(at: node)
            try client.send(bytes: Array(activity(1).utf8))
            client.finishSending()
            try witness.hear(["n": 1])
        }
    }

    @Test(arguments: ["\n", "\r\n", " \n", "\t \r\n"])
    func `A blank line gets INVALID_MESSAGE and the end`(blank: String) throws {
        // The original's thread died of it and left the connection open.
        try onBench { bench in
            let node = try bench.node()
            for isLoggedIn in [false, true] {
                let client = try bench.connect(to: node)
                if isLoggedIn { try client.login() }
                try client.send(bytes: Array(blank.utf8))
                try client.expectInvalid()
            }
        }
    }

    @Test func `Blanks around a message and within it do not matter, nor does the order of keys`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            try client.send("\t { \"username\" : \"anonymous\" ,  \"command\":\t\"LOGIN\" }  ")
            try client.expect("LOGIN_SUCCESS")
        }
    }

    @Test func `Slashes and letters may be escaped anywhere`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            try client.send(#"{"command":"\u0052EGISTER","\u0075sername":"a\/b\u00e9","secret":"s\/\ud83c\udf33"}"#)
            try client.expect("REGISTER_SUCCESS", ["info": "register success for a/bé"])
            let other = try bench.client(at: node, as: "a/bé", secret: "s/\u{1F333}")
            try other.send(
                #"{"command":"ACTIVITY_MESSAGE","username":"a/b\u00E9","secret":"s/🌳","#
                    + #""activity":{"u":"http:\/\/x\u002fy\u000a"}}"#
            )
            try other.hear(["u": "http://x/y\n"], from: "a/bé")
        }
    }

    @Test func `Unknown extra fields are ignored`() throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            let extra = #""zzz":{"a":[1,{"command":"LOGOUT"}]},"info":5,"port":"x""#
            try client.send(#"{"command":"LOGIN","username":"anonymous",\#(extra)}"#)
            try client.expect("LOGIN_SUCCESS")
            try client.send(
                #"{"command":"ACTIVITY_MESSAGE",\#(extra),"username":"anonymous","activity":{"n":1}}"#)
            try client.hear(["n": 1])
        }
    }

    @Test func `Messages below the line's limit pass whole, and large ones where the limit allows it`() throws {
        try onBench { bench in
            let usual = try bench.node("usual")
            let client = try bench.client(at: usual)
            let generous = try bench.node("generous", ["--max-line-bytes", "400000"])
            let other = try bench.client(at: generous)
            for (client, size) in [(client, 60_000), (other, 200_000)] {
                let text = JSONValue.string(String(repeating: "äb", count: size / 3))
                try client.say(["text": text])
                try client.hear(["text": text])
            }
        }
    }
}

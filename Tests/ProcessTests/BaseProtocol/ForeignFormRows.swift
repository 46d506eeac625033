import Testing

// MARK: - What other programs write differently: null for what they don't have, and numbers of any size

extension RealPrograms.BaseProtocolTests {
    @Test(arguments: [
        "null", "5", "{}", "[]", "true", #""""#, #""s""#, "18446744073709551615", "1e400", #"[-1e400,{"x":1E+400}]"#,
    ])
    func `A secret beside the name anonymous is not looked at`(secret: String) throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.connect(to: node)
            let fields = #""secret":\#(secret),"username":"anonymous""#
            try client.send(#"{"command":"LOGIN",\#(fields)}"#)
            try client.expect("LOGIN_SUCCESS", ["info": "logged in as user anonymous"])
            for (n, key) in ["activity", #"\u0061ctivity"#].enumerated() {
                try client.send(#"{"\#(key)":{"n":\#(n)},"command":"ACTIVITY_MESSAGE",\#(fields)}"#)
                try client.hear(["n": .integer(n)])
            }
            let newcomer = try bench.connect(to: node)
            try newcomer.send(#"{"command":"REGISTER",\#(fields)}"#)
            try newcomer.expect("REGISTER_FAILED")
            try newcomer.expectEnd()
            for fields in [fields, #"\#(fields),"new_secret":\#(secret)"#] {
                let changing = try bench.connect(to: node)
                try changing.send(#"{"command":"CHANGE_SECRET",\#(fields)}"#)
                try changing.expect("CHANGE_FAILED", ["info": "anonymous has no secret"])
                try changing.expectEnd()
            }
        }
    }

    @Test(arguments: ["5", "18446744073709551615", "1e400", "[1e400]"])
    func `A user's secret that is no string is named`(secret: String) throws {
        try onBench { bench in
            let node = try bench.node()
            for command in ["LOGIN", "REGISTER", "CHANGE_SECRET"] {
                let client = try bench.connect(to: node)
                try client.send(#"{"command":"\#(command)","username":"anna","secret":\#(secret)}"#)
                try client.expect("INVALID_MESSAGE", ["info": "the field secret is not a string"])
                try client.expectEnd()
            }
        }
    }

    @Test func `What is null is absent`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "s")
            let client = try bench.connect(to: node)
            let nulls = #""since":null,"last":null,"session":null,"features":null"#
            try client.send(#"{"command":"LOGIN","username":"alice","secret":"s",\#(nulls)}"#)
            try client.expect("LOGIN_SUCCESS")
            try client.send(
                #"{"command":"ACTIVITY_MESSAGE","username":"alice","secret":"s","cseq":null,"activity":{"n":null}}"#)
            try client.hear(["n": .null], from: "alice")
            for (line, field) in [
                (#"{"command":"LOGIN","username":null}"#, "username"),
                (#"{"command":"LOGIN","username":"alice","secret":null}"#, "secret"),
                (#"{"command":"REGISTER","username":"bob","secret":null}"#, "secret"),
                (#"{"command":"AUTHENTICATE","secret":null}"#, "secret"),
                (#"{"command":null}"#, "command"),
            ] {
                let other = try bench.connect(to: node)
                try other.send(line)
                let info = try other.expect("INVALID_MESSAGE")["info"]?.text ?? ""
                #expect(info.contains("did not contain") && info.contains(field), "\(info)")
                try other.expectEnd()
            }
        }
    }

    @Test func `Numbers of any size pass through nodes, leaves and clients as they came`() throws {
        let numbers = #"{"id":18446744073709551615,"x":[1e400,1E+400,-0,1.10,-123456789012345678901234567890]}"#
        let inside = numbers.dropFirst().dropLast()
        try onBench { bench in
            let root = try bench.node("root")
            let below = try bench.node("below", under: root)
            try bench.waitForPath(of: below, [root])
            let leaf = try bench.baseLeaf(at: root)
            let reader = try bench.connect(to: root, "reader")
            let welcome = try reader.login()
            let readers = [reader, leaf.link]
            let program = try bench.program("client", ["client", "-rh", "localhost", "-rp", String(below.port)])
            try program.write(numbers)
            let client = try bench.client(at: below)
            for way in 1...3 {
                // The first comes from the program; of the others one is read without a parser, one with it.
                if way > 1 {
                    let key = way == 2 ? "activity" : #"\u0061ctivity"#
                    try client.send(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","\#(key)":\#(numbers)}"#)
                }
                for reader in readers {
                    let line = try reader.readBroadcast()
                    #expect(line.contains(#"{\#(inside),"authenticated_user":"anonymous"}"#), "\(line)")
                }
                #expect(try program.readLine() == "anonymous: \(numbers)")
            }
            // Who comes back reads the same out of the log.
            let late = try bench.connect(to: root, "late")
            let since = try #require(welcome["vector"]).line
            try late.send(#"{"command":"LOGIN","username":"anonymous","since":\#(since)}"#)
            try late.expect("LOGIN_SUCCESS")
            for _ in 1...3 { #expect(try late.readBroadcast().contains("{\(inside),")) }
            // From a server of the base protocol.
            try leaf.link.send(#"{"command":"ACTIVITY_BROADCAST","activity":{"authenticated_user":"x",\#(inside)}}"#)
            #expect(try late.readBroadcast().contains(#""x",\#(inside)}"#))
            #expect(try program.readLine() == "x: \(numbers)")
        }
    }

    @Test(arguments: ["01", "+1", "NaN", "1.", "-", "1e", "0x10", "18446744073709551615x", "1e400e1"])
    func `What JSON does not call a number is refused in an activity too`(number: String) throws {
        try onBench { bench in
            let client = try bench.client(at: try bench.node())
            try client.send(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":\#(number)}}"#)
            try client.expectInvalid()
        }
    }

    @Test(arguments: [#""cseq":18446744073709551615"#, #""cseq":1e400"#, #""more":[1e400]"#])
    func `A number that is too big is refused outside of the activity and the secrets`(field: String) throws {
        try onBench { bench in
            let client = try bench.client(at: try bench.node())
            try client.send(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{},\#(field)}"#)
            try client.expectInvalid(saying: ["too big"])
        }
    }
}

extension BaseClient {
    /// The next broadcast as it comes: numbers are not read.
    fileprivate func readBroadcast() throws -> String {
        let deadline = Deadline(within: Self.patience)
        while case .line(let bytes) = descriptor.readLine(until: deadline) {
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains(#""ACTIVITY_BROADCAST""#) { return text }
        }
        throw failure("no broadcast came", #fileID, #line)
    }
}

import Foundation
import Testing

extension RealPrograms {
    /// `coppice client` in a pipe: one line in is one activity, one line out is one broadcast.
    @Suite struct ClientProgramTests {}
}

extension Bench {
    fileprivate func clientProgram(port: Int, _ flags: [String] = [], name: String = "client") throws -> Program {
        try program(name, ["client", "-rh", "localhost", "-rp", String(port), "--json"] + flags)
    }
}

extension Program {
    /// The activity of the next line that it prints. The line is a broadcast, or the activity itself.
    fileprivate func readActivity(
        within: Duration = .seconds(15), file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        try Self.activity(try readLine(within: within, file: file, line: line))
    }

    fileprivate static func activity(_ line: String) throws -> JSONValue {
        let value = try JSONParser.parse(Array(line.utf8))
        return value["activity"] ?? value
    }

    fileprivate func waitForSuccess(file: StaticString = #fileID, line: UInt = #line) throws {
        let ending = try waitForEnd(file: file, line: line)
        guard ending == .exited(0) else {
            throw Failure("\(name) ended with \(ending): \(errors)", file: file, line: line)
        }
    }
}

extension RealPrograms.ClientProgramTests {
    @Test func `A client sends each line, prints each broadcast, and ends with 0 once its own have come back`() throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let client = try bench.clientProgram(port: node.port)
            for line in [
                "hello", "  two words ", "", #"{"message":"as it is","n":[1,2]}"#, "[1,2]", "\"text\"", "{broken",
                "ünï\u{1F333}",
            ] {
                try client.write(line)
            }
            client.closeInput()
            let printed = try client.readToEnd().map { try Program.activity($0) }
            try client.waitForSuccess()
            // An empty line may be left out. Any other line that is no JSON object is sent as {"object": LINE}.
            let told = printed.filter { $0["object"] != "" }
            let expected: [JSONValue] = [
                ["object": "hello"], ["object": "  two words "], ["message": "as it is", "n": [1, 2]],
                ["object": "[1,2]"], ["object": "\"text\""], ["object": "{broken"], ["object": "ünï\u{1F333}"],
            ].map { (activity: JSONValue) in
                var members = activity.members!
                members["authenticated_user"] = "anonymous"
                return .object(members)
            }
            #expect(told == expected)
            for activity in printed {
                try other.expect("ACTIVITY_BROADCAST", ["activity": activity])
            }
        }
    }

    @Test func `Without input a client ends with 0`() throws {
        try onBench { bench in
            let client = try bench.clientProgram(port: try bench.node().port)
            client.closeInput()
            #expect(try client.readToEnd() == [])
            try client.waitForSuccess()
        }
    }

    @Test func `A thousand lines in one go all come back, in order`() throws {
        try onBench { bench in
            let client = try bench.clientProgram(port: try bench.node().port)
            var printed: [String] = []
            for n in 0..<1_000 {
                try client.write("line \(n)")
                while let line = client.readAvailableLine() { printed.append(line) }
            }
            client.closeInput()
            printed += try client.readToEnd(within: .seconds(30))
            let objects = try printed.map { try Program.activity($0)["object"]?.text }
            #expect(objects == (0..<1_000).map { "line \($0)" })
            try client.waitForSuccess()
        }
    }

    @Test func `With only a name a client registers under a secret that it makes and prints`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.clientProgram(port: node.port, ["-u", "alice"])
            try client.write("hi")
            client.closeInput()
            #expect(try client.readActivity() == ["object": "hi", "authenticated_user": "alice"])
            #expect(try client.readToEnd() == [], "the secret is on standard error, not in the pipe")
            try client.waitForSuccess()
            // One of the words on standard error is the secret.
            let words = client.errors.split { !$0.isLetter && !$0.isNumber && !"+/=_-".contains($0) }
            let secrets = words.map { String($0) }.filter { $0.count >= 16 }
            let isTold = try secrets.contains { secret in
                let probe = try bench.connect(to: node)
                try probe.sendLogin(as: "alice", secret: secret)
                return try probe.read()["command"] == "LOGIN_SUCCESS"
            }
            #expect(isTold, "\(client.errors)")
        }
    }

    @Test func `With a name and a secret a client logs in, and registers them first if it is told to`() throws {
        try onBench { bench in
            let node = try bench.node()
            let first = try bench.clientProgram(port: node.port, ["-u", "alice", "-s", "sek1", "--register"])
            try first.write("one")
            first.closeInput()
            #expect(try first.readActivity()["authenticated_user"] == "alice")
            try first.waitForSuccess()
            let second = try bench.clientProgram(port: node.port, ["-u", "alice", "-s", "sek1"])
            try second.write("two")
            second.closeInput()
            #expect(try second.readActivity() == ["object": "two", "authenticated_user": "alice"])
            try second.waitForSuccess()
        }
    }

    @Test func `A refused login or registration ends a client with another status and a reason`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            for (flags, reason) in [
                (["-u", "alice", "-s", "wrong"], "attempt to login with wrong secret"),
                (["-u", "alice", "-s", "mine", "--register"], "alice is already registered with the system"),
                (["-u", "alice"], "alice is already registered with the system"),
            ] {
                let client = try bench.clientProgram(port: node.port, flags)
                client.closeInput()
                guard case .exited(let status) = try client.waitForEnd(), status != 0 else {
                    throw Failure("\(flags) ended with \(client.ending!)")
                }
                #expect(client.errors.contains(reason), "\(client.errors)")
            }
        }
    }

    @Test func `A client follows a REDIRECT`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "sek1")
            let standIn = try StandInListener()
            let client = try bench.clientProgram(port: standIn.port, ["-u", "alice", "-s", "sek1"])
            let accepted = try standIn.accept()
            try accepted.expect("LOGIN", ["username": "alice", "secret": "sek1"])
            try accepted.send(["command": "LOGIN_SUCCESS", "info": "logged in as user alice"])
            try accepted.send(["command": "REDIRECT", "hostname": "localhost", "port": .integer(node.port)])
            accepted.close()
            try client.write("there")
            client.closeInput()
            #expect(try client.readActivity() == ["object": "there", "authenticated_user": "alice"])
            try client.waitForSuccess()
        }
    }

    @Test func `With --linger a client listens for that time`() throws {
        try onBench { bench in
            let node = try bench.node()
            let other = try bench.client(at: node)
            let client = try bench.clientProgram(port: node.port, ["--linger", "2"])
            try client.write("mine")
            client.closeInput()
            #expect(try client.readActivity()["object"] == "mine")
            let start = now()
            try other.say(["n": 1])
            #expect(try client.readActivity(within: .seconds(2)) == ["n": 1, "authenticated_user": "anonymous"])
            try client.waitForSuccess()
            #expect(now() - start > .seconds(1))
        }
    }

    @Test func `A client refuses a line that is too long, sends the others, and ends with another status`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-line-bytes", "4096"])
            let other = try bench.client(at: node)
            let client = try bench.clientProgram(port: node.port)
            for line in ["before", String(repeating: "x", count: 5_000), String(repeating: "y", count: 3_900), "after"]
            {
                try client.write(line)
            }
            client.closeInput()
            let objects = try client.readToEnd().map { try Program.activity($0)["object"]?.text }
            #expect(objects == ["before", String(repeating: "y", count: 3_900), "after"])
            #expect(try client.waitForEnd() == .exited(1))
            #expect(client.errors.contains("a line was not said"), "\(client.errors)")
            #expect(client.errors.contains("up to 4096 bytes"))
            #expect(!client.errors.contains("connected"), "it has kept its connection")
            for object in objects { try other.hear(["object": .string(object!)]) }
        }
    }

    @Test func `A redirect to a dead server is reported at once`() throws {
        try onBench { bench in
            let standIn = try StandInListener()
            let dead = try Sockets.freePort()
            let client = try bench.clientProgram(port: standIn.port)
            let accepted = try standIn.accept()
            try accepted.expect("LOGIN", ["username": "anonymous"])
            try accepted.send(["command": "LOGIN_SUCCESS", "info": "logged in as user anonymous"])
            try accepted.send(["command": "REDIRECT", "hostname": "localhost", "port": .integer(dead)])
            accepted.close()
            try eventually("it says that nobody is there", within: .seconds(5)) {
                client.errors.contains("no server lets us in at the moment (localhost:\(dead): connection refused)")
            }
            client.signal(SIGTERM)
            #expect(try client.waitForEnd() == .exited(0))
        }
    }

    @Test func `With nobody at the address a client ends with another status and names the address`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let client = try bench.clientProgram(port: port)
            client.closeInput()
            guard case .exited(let status) = try client.waitForEnd(within: .seconds(20)), status != 0 else {
                throw Failure("it ended with \(client.ending!)")
            }
            #expect(client.errors.contains(String(port)), "\(client.errors)")
        }
    }

    @Test func `A client comes back to a node that was restarted`() throws {
        // No client of the base protocol reconnects by itself.
        try onBench { bench in
            let port = try Sockets.freePort()
            let node = try bench.node("node", port: port)
            let client = try bench.clientProgram(port: port)
            try client.write("before")
            #expect(try client.readActivity()["object"] == "before")
            node.killHard()
            _ = try bench.node("node again", port: port)
            try client.write("after")
            client.closeInput()
            #expect(try client.readActivity(within: .seconds(30))["object"] == "after")
            try client.waitForSuccess()
        }
    }
}

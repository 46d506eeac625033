import Testing

extension RealPrograms {
    /// What a server does, case by case: every row of the base protocol's table, on a node that is alone.
    ///
    /// The rows of one command are in a file of their own.
    @Suite struct BaseProtocolTests {}
}

// MARK: - Any line

extension RealPrograms.BaseProtocolTests {
    @Test func `A line that is no JSON gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for line in ["{", "hello", "{\"command\":\"LOGIN\",", "{'command':'LOGIN'}", "}{", "\u{1}"] {
                let client = try bench.connect(to: node)
                try client.send(line)
                try client.expectInvalid()
            }
        }
    }

    @Test func `JSON that is no object gets INVALID_MESSAGE and the end`() throws {
        // The original server's thread died of an array and left the connection open without an answer.
        try onBench { bench in
            let node = try bench.node()
            for line in ["[]", "[{\"command\":\"LOGIN\"}]", "\"LOGIN\"", "5", "true", "null"] {
                let client = try bench.connect(to: node)
                try client.send(line)
                try client.expectInvalid()
            }
        }
    }

    @Test func `A message without a command, or with one that is no string, gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for line in [
                "{}", "{\"username\":\"anonymous\"}", "{\"command\":5}", "{\"command\":null}",
                "{\"command\":[\"LOGIN\"]}", "{\"command\":{\"LOGIN\":1}}", "{\"command\":true}",
            ] {
                let client = try bench.connect(to: node)
                try client.send(line)
                try client.expectInvalid(saying: ["command"])
            }
        }
    }

    @Test func `An unknown command gets INVALID_MESSAGE and the end`() throws {
        try onBench { bench in
            let node = try bench.node()
            for command in ["NO_SUCH", "", "LOGIN ", "login", "Login", "Activity_Message"] {
                let client = try bench.connect(to: node)
                try client.send(["command": .string(command), "username": "anonymous"])
                try client.expectInvalid()
            }
        }
    }

    @Test func `A command that only servers say to clients is unknown`() throws {
        try onBench { bench in
            let node = try bench.node()
            for command in ["LOGIN_SUCCESS", "LOGIN_FAILED", "REGISTER_SUCCESS", "REGISTER_FAILED", "REDIRECT"] {
                let client = try bench.connect(to: node)
                try client.send(["command": .string(command), "info": "x", "hostname": "localhost", "port": 3780])
                try client.expectInvalid()
            }
        }
    }

    @Test func `An INVALID_MESSAGE or AUTHENTICATION_FAIL from a client ends the connection without an answer`() throws
    {
        try onBench { bench in
            let node = try bench.node()
            for command in ["INVALID_MESSAGE", "AUTHENTICATION_FAIL"] {
                for isLoggedIn in [false, true] {
                    let client = try bench.connect(to: node)
                    if isLoggedIn { try client.login() }
                    try client.send(["command": .string(command), "info": "I don't like you"])
                    try client.expectEnd()
                }
            }
        }
    }
}

// MARK: - LOGOUT

extension RealPrograms.BaseProtocolTests {
    @Test func `LOGOUT ends the connection without an answer in every state of a client`() throws {
        try onBench { bench in
            let node = try bench.node()
            let unknown = try bench.connect(to: node)
            let registered = try bench.connect(to: node)
            try registered.register("alice", "sek1")
            let loggedIn = try bench.client(at: node)
            for client in [unknown, registered, loggedIn] {
                try client.send(["command": "LOGOUT"])
                try client.expectEnd()
            }
        }
    }

    @Test func `A name that logged out may log in again`() throws {
        try onBench { bench in
            let node = try bench.node()
            let alice = try bench.newcomer(at: node, "alice", "sek1")
            try alice.send(["command": "LOGOUT"])
            try alice.expectEnd()
            _ = try bench.client(at: node, as: "alice", secret: "sek1")
        }
    }
}

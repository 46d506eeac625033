import Foundation
import Testing

extension RealProcesses {
    /// Limits by address, which leave this machine alone unless an operator wants otherwise (docs/protocol.md#limits).
    @Suite struct LimitTests {}
}

extension RealProcesses.LimitTests {
    private static let limits = [
        "--login-attempts", "2", "--register-attempts", "2", "--max-strangers-per-address", "3",
    ]

    @Test func `With --limit-loopback failed logins and registrations from this machine have to wait, and are told`()
        throws
    {
        try onBench { bench in
            let node = try bench.node("node", Self.limits + ["--limit-loopback"])
            try bench.connect(to: node).register("anna", "sek1")
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            for name in ["nobody", "no one"] { try bench.connect(to: node).loginInVain(as: name, secret: "x") }
            let guesser = try bench.connect(to: node)
            try guesser.sendLogin(as: "bert", secret: "x")
            try guesser.expectRefusal(
                "LOGIN_FAILED", "too many failed logins from your address: try again in 1 s")
            // A secret that was right before gets in all the same.
            try bench.client(at: node, as: "anna", secret: "sek1").close()
            try bench.connect(to: node).register("carl", "sek1")
            let third = try bench.connect(to: node)
            try third.sendRegister("dora", "sek1")
            try third.expectRefusal(
                "REGISTER_FAILED", "too many registrations from your address: try again in 1 s")
            try eventually("after the pause one more may be tried") {
                let client = try bench.connect(to: node)
                defer { client.close() }
                try client.sendRegister("dora", "sek1")
                return try client.read()["command"] == "REGISTER_SUCCESS"
            }
        }
    }

    @Test func `With --limit-loopback the oldest connection that hasn't logged in makes room, and is told`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits + ["--limit-loopback"])
            let known = try bench.client(at: node)
            let idle = try (0..<4).map { try bench.connect(to: node, "idle \($0)") }
            try idle[0].expectInvalid(saying: ["too many connections from your address have not logged in"])
            for client in idle[1...] { try client.login(as: "anonymous") }
            try known.say(["n": 1])
            try known.hear(["n": 1])
        }
    }

    @Test func `Without it this machine may try as often as it likes`() throws {
        try onBench { bench in
            let node = try bench.node("node", Self.limits)
            let idle = try (0..<6).map { try bench.connect(to: node, "idle \($0)") }
            for number in 0..<6 {
                try bench.connect(to: node).loginInVain(as: "nobody \(number)", secret: "x")
                try bench.connect(to: node).register("user \(number)", "sek1")
            }
            for client in idle { try client.login(as: "anonymous") }
        }
    }
}

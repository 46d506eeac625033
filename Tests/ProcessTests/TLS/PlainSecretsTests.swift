import Foundation
import Testing

extension RealPrograms {
    /// Users' secrets from another machine: each machine is a network namespace.
    @Suite struct PlainSecretsTests {}
}

extension RealPrograms.PlainSecretsTests {
    @Test(.enabled(if: Lab.hasNamespaces, "needs network namespaces"))
    func `From another machine a secret is taken over TLS, or with --allow-plain, and else nobody's`() throws {
        let lab = try Lab(count: 2)
        defer { lab.remove() }
        try onBench { bench in
            let certificates = try bench.certificates(for: [lab.address(of: 0)])
            func node(_ name: String, _ flags: [String]) throws -> (port: Int, program: Program) {
                let program = try lab.inside(0) {
                    try bench.program(
                        name,
                        [
                            "node", "-lp", "0", "-lh", lab.address(of: 0), "-ms", Bench.secret, "--memory",
                            "--clock", "none", "--redirect-gap", "0",
                        ] + certificates.nodeFlags + flags)
                }
                return (try Node.port(of: program), program)
            }
            func client(
                at port: Int, in place: Int, _ flags: [String]
            ) throws -> (ending: Program.Ending, text: String) {
                let program = try lab.inside(place) {
                    try bench.program("client", ["client", "-rh", lab.address(of: 0), "-rp", String(port)] + flags)
                }
                try program.write("hello")
                program.closeInput()
                let ending = try program.waitForEnd(within: .seconds(20))
                return (ending, program.errors)
            }
            let (port, program) = try node("careful", [])
            let anna = ["-u", "anna", "-s", "her secret"]
            for flags in [anna + ["--register"], anna] {
                let (ending, text) = try client(at: port, in: 1, flags)
                #expect(ending == .exited(1))
                #expect(text.contains("--allow-plain"), "\(text)")
            }
            try eventually("the log names the flag") { program.errors.contains("--allow-plain") }
            // Nobody's secret is asked of who has no name.
            #expect(try client(at: port, in: 1, []).ending == .exited(0))
            #expect(try client(at: port, in: 1, anna + ["--register"] + certificates.clientFlags).ending == .exited(0))
            #expect(try client(at: port, in: 1, anna + certificates.clientFlags).ending == .exited(0))
            let (open, _) = try node("careless", ["--allow-plain"])
            #expect(try client(at: open, in: 1, anna + ["--register"]).ending == .exited(0))
            #expect(try client(at: open, in: 1, anna).ending == .exited(0))
        }
    }

    @Test func `From this machine everything is as before`() throws {
        try onBench { bench in
            let node = try bench.node()
            let anna = try bench.newcomer(at: node, "anna", "her secret")
            try anna.say(["n": 1], as: "anna", secret: "her secret")
            try anna.hear(["n": 1], from: "anna")
        }
    }
}

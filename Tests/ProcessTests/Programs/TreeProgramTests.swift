import Testing

extension RealPrograms {
    /// `coppice tree`: what a node knows, for programs and for people.
    @Suite struct TreeProgramTests {}
}

extension RealPrograms.TreeProgramTests {
    @Test func `--json describes the position of the asked node`() throws {
        try onBench { bench in
            let tree = try SixNodes(bench, ["-a", "100"])
            _ = try bench.client(at: tree.d, "client at d")
            _ = try bench.client(at: tree.d, "another at d")
            // Once every node has been asked, the ids in lists can be turned into ports.
            for node in tree.all { _ = try bench.tree(at: node) }

            let d = try bench.tree(at: tree.d)
            #expect(d.id?.isEmpty == false)
            #expect(d.value["hostname"] == "localhost")
            #expect(d.port == tree.d.port)
            #expect(d.isRoot == false)
            #expect(d.path == [tree.b.port, tree.a.port])
            #expect(Set(d.children) == [tree.e.port, tree.f.port])
            #expect(d.value["clients"] == 2)
            for number in ["queue", "log"] {
                #expect(d.value[number]?.integer.map { $0 >= 0 } == true, "\(number): \(d.value.line)")
            }
            #expect(d.value["stamp"]?.lenientInteger != nil)
            #expect(d.value["heir"] != nil)
            // The grandparent is asked first when the parent is lost.
            #expect(d.deadpool.first == tree.a.port)
            #expect(d.value["nodes"]?.elements != nil)

            let a = try bench.tree(at: tree.a)
            #expect(a.isRoot == true)
            #expect(a.path == [])
            #expect(a.children.first == tree.b.port)
            #expect(Set(a.children) == [tree.b.port, tree.c.port])
            try eventually("a knows all six nodes") {
                try Set(bench.tree(at: tree.a).nodes) == Set(tree.all.map(\.port))
            }
        }
    }

    @Test func `The log grows with each message`() throws {
        try onBench { bench in
            let node = try bench.node()
            let client = try bench.client(at: node)
            let before = try #require(try bench.tree(at: node).value["log"]?.integer)
            for n in 0..<10 {
                try client.say(["n": .integer(n)])
                try client.hear(["n": .integer(n)])
            }
            let after = try #require(try bench.tree(at: node).value["log"]?.integer)
            #expect(after >= before + 10)
            #expect(try bench.tree(at: node).value["queue"] == 0)
        }
    }

    @Test func `The drawing names every node`() throws {
        try onBench { bench in
            let tree = try SixNodes(bench, ["-a", "100"])
            for node in [tree.a, tree.e] {
                var drawing = ""
                try eventually("the drawing at \(node.name) names all six nodes") {
                    let program = try bench.program(
                        "drawing", ["tree", "-rh", "localhost", "-rp", String(node.port), "-s", node.secret])
                    program.closeInput()
                    drawing = try program.readToEnd().joined(separator: "\n")
                    guard try program.waitForEnd() == .exited(0) else { throw Failure(program.errors) }
                    return tree.all.allSatisfy { drawing.contains(String($0.port)) }
                }
            }
        }
    }

    @Test func `A wrong secret, or nobody at the address, ends the program with another status and a reason`() throws {
        try onBench { bench in
            let node = try bench.node()
            let nobody = try Sockets.freePort()
            for (port, secret) in [(node.port, "wrong"), (nobody, node.secret)] {
                let program = try bench.program(
                    "tree", ["tree", "-rh", "localhost", "-rp", String(port), "-s", secret, "--json"])
                program.closeInput()
                guard case .exited(let status) = try program.waitForEnd(within: .seconds(20)), status != 0 else {
                    throw Failure("it ended with \(program.ending!)")
                }
                #expect(!program.errors.isEmpty)
                #expect(try program.readToEnd() == [])
            }
        }
    }

    @Test func `A client cannot ask without the secret`() throws {
        try onBench { bench in
            let node = try bench.node()
            for message: JSONValue in [["command": "STATUS"], ["command": "STATUS", "secret": "wrong"]] {
                let client = try bench.connect(to: node)
                try client.send(message)
                let answer = try client.read()
                #expect(["INVALID_MESSAGE", "AUTHENTICATION_FAIL"].contains(answer["command"]?.text))
                try client.expectEnd()
            }
        }
    }
}

import Testing

extension RealProcesses {
    /// Nodes that are not in the tree that they were to join.
    @Suite struct UnjoinedTests {}
}

extension RealProcesses.UnjoinedTests {
    private func health(of port: Int, _ bench: Bench, secret: String = Bench.secret, _ flags: [String] = []) throws
        -> Run
    {
        try bench.run(["tree", "-rp", String(port), "-s", secret] + flags)
    }

    private func child(_ bench: Bench, _ flags: [String]) throws -> Node {
        let program = try bench.program("child", ["node", "-lp", "0", "--clock", Bench.nobody] + flags)
        return Node("child", program, port: try Node.port(of: program), secret: Bench.secret)
    }

    @Test func `A node that its parent refuses serves its clients, and says what is wrong wherever it is asked`() throws
    {
        try onBench { bench in
            let parent = try bench.node("parent")
            let child = try child(
                bench,
                ["--memory", "-ms", Bench.secret, "-rh", "localhost", "-rp", String(parent.port), "-s", "a-wrong-one"])
            try eventually("its log gives up") { child.program.errors.contains("not joined: the parent at") }
            for errors in [child.program.errors, try health(of: child.port, bench).errors] {
                #expect(errors.contains("check --secret-file, COPPICE_PARENT_SECRET"), "\(errors)")
                #expect(!errors.contains("check -rh and -rp"), "\(errors)")
            }
            let picture = try health(of: child.port, bench)
            #expect(picture.status == 1 && picture.output.contains("not joined"), "\(picture.output)")
            let json = try health(of: child.port, bench, ["--json"])
            let unjoined = try JSONParser.parse(Array(json.output.utf8))["unjoined"]
            #expect(json.status == 1)
            #expect(unjoined?["why"] == "secret" && unjoined?["port"]?.integer == parent.port, "\(json.output)")
            #expect(try health(of: parent.port, bench).status == 0, "the parent is well")

            try parent.program.expectLogged("shown for the network's")
            #expect(![child, parent].contains { $0.program.errors.contains("a-wrong-one") }, "no secret is in a log")

            let client = try bench.client(at: child)
            try client.say(["text": "hello"])
            try client.hear(["text": "hello"])
        }
    }

    @Test func `A parent whose name doesn't exist, or where nobody listens, is named with what to check`() throws {
        try onBench { bench in
            for (address, words) in [
                ("no-such-host.invalid:3780", "host name"), ("localhost:1", "nobody listens there"),
            ] {
                let child = try child(bench, ["--memory", "-rh", address, "-s", Bench.secret])
                try eventually("\(address) is named") {
                    let run = try health(of: child.port, bench)
                    guard run.errors.contains(words), run.errors.contains(address) else { throw Failure(run.errors) }
                    return run.status == 1
                }
            }
        }
    }

    @Test func `It is well as soon as its parent is there`() throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let child = try child(bench, ["--memory", "-rh", "localhost:\(port)", "-s", Bench.secret])
            try eventually("it goes on alone") { child.program.errors.contains("not joined: the parent at") }
            #expect(try health(of: child.port, bench).status == 1)
            _ = try bench.node("parent", port: port)
            try eventually("it is well", within: .seconds(30)) { try health(of: child.port, bench).status == 0 }
        }
    }
}

extension RealProcesses.UnjoinedTests {
    private func copy(_ folder: String, to name: String, _ bench: Bench) throws -> String {
        let run = try bench.program("copy", path: "/bin/sh", ["-c", "cp -r \(folder) \(name) && rm \(name)/lock"])
        guard try run.waitForEnd() == .exited(0) else { throw Failure("no copy of \(folder): \(run.errors)") }
        return name
    }

    @Test
    func `A copied data folder: the living node stays, its copy stands apart and takes its place when it is gone`()
        throws
    {
        try onBench { bench in
            let root = try bench.node("root", ["--data-dir", "root"])
            let node = try bench.node("node", under: root, ["--data-dir", "node"])
            let leaf = try bench.node("leaf", under: node)
            try bench.waitForPath(of: leaf, [node, root])
            // One somewhere else in the tree, and one of the root that nobody told where to go.
            let copies = [
                try bench.node(
                    "copy", under: leaf,
                    ["--data-dir", try copy("node", to: "node-copy", bench), "--seeds", "localhost:\(root.port)"]),
                try bench.node(
                    "root copy",
                    ["--data-dir", try copy("root", to: "root-copy", bench), "--seeds", "localhost:\(root.port)"]),
            ]
            for (copy, original) in zip(copies, [node, root]) {
                try eventually("\(copy.name) says who is in its place", within: .seconds(25)) {
                    let errors = copy.program.errors
                    return ["not joined", "localhost:\(original.port)", "localhost:\(copy.port)", "--data-dir"]
                        .allSatisfy(errors.contains)
                }
                #expect(try health(of: copy.port, bench).status == 1)
                #expect(try health(of: original.port, bench).status == 0)
                #expect(copy.program.isRunning && original.program.isRunning)
            }
            try bench.waitForPath(of: leaf, [node, root])
            try leaf.program.expectLogged("refused the node")
            node.killHard()
            try eventually("the copy is in the tree", within: .seconds(45)) {
                try health(of: copies[0].port, bench).status == 0
            }
        }
    }

    @Test func `A node that was killed and started anew gets in at once, at its port or at another one`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            var node = try bench.node("node", under: root, ["--data-dir", "node"])
            for port in [node.port, 0] {
                node.killHard()
                node = try bench.node("node", under: root, port: port, ["--data-dir", "node"])
                try bench.waitForPath(of: node, [root], within: .seconds(9))
                #expect(!node.program.errors.contains("same identity"), "\(node.program.errors)")
            }
        }
    }
}

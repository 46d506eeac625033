import Testing

extension RealPrograms {
    /// Nodes that take nobody: full ones, and those that have left or are lost. Nobody is sent there, from anywhere.
    @Suite struct FullNodeTests {}
}

extension RealPrograms.FullNodeTests {
    private func program(_ bench: Bench, at node: Node) throws -> Program {
        let program = try bench.program("client", ["client", "-rh", "localhost", "-rp", String(node.port), "--json"])
        try program.write("hello")
        program.closeInput()
        return program
    }

    /// The ports that a newcomer is told, and whether it is sent on.
    private func newcomer(_ bench: Bench, at node: Node) throws -> (servers: [Int], sentTo: Int?) {
        let client = try bench.connect(to: node, "newcomer")
        defer { client.close() }
        let success = try client.login()
        let servers = success["servers"]?.elements?.compactMap { $0["port"]?.integer } ?? []
        try client.say(["newcomer": true])
        let next = try client.read()
        return (servers, next["command"] == "REDIRECT" ? next["port"]?.integer : nil)
    }

    @Test func `Nobody is sent to a full node, and it tells whom it turns away where there is room`() throws {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2"])
            let child = try bench.node("child", under: root, ["--max-clients", "2"])
            try bench.waitForPath(of: child, [root])
            for number in 1...2 { _ = try bench.client(at: child, "at the child \(number)") }
            // Longer than the child waits before it tells that it is full.
            try eventually("nobody is sent to the child") { try newcomer(bench, at: root).sentTo == nil }
            for number in 1...20 { _ = try bench.client(at: root, "at the root \(number)") }
            for _ in 0..<5 { #expect(try newcomer(bench, at: root).sentTo == nil) }

            let third = try bench.connect(to: child, "third")
            try third.sendLogin()
            let refusal = try third.expect("INVALID_MESSAGE")
            #expect(refusal["servers"]?.elements?.compactMap { $0["port"]?.integer } == [root.port])
            try third.expectEnd()

            let client = try program(bench, at: child)
            #expect(try client.readToEnd().count == 1)
            #expect(try client.waitForEnd() == .exited(0))
            #expect(client.errors.contains("this server is full"))
            #expect(client.errors.contains("logged in at localhost:\(root.port)"))
        }
    }

    @Test func `A client waits at the only server while that is full, and gets in as soon as there is room`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--max-clients", "1"])
            let first = try bench.client(at: node, "first")
            let client = try program(bench, at: node)
            try eventually("it is turned away several times") {
                try bench.tree(at: node).value["counts"]?["refused"]?.integer ?? 0 >= 3
            }
            #expect(client.isRunning)
            first.close()
            #expect(try client.readToEnd().count == 1)
            #expect(try client.waitForEnd() == .exited(0))
            #expect(client.errors.split(separator: "\n").count { $0.contains("lets nobody in") } == 1)
        }
    }

    /// Whoever comes to the root is sent past its child to an empty grandchild, which then is gone.
    private func isForgotten(_ how: (Node) throws -> Void) throws {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2"])
            let child = try bench.node("child", under: root, ["--redirect-gap", "0"])
            for number in 1...6 {
                _ = try bench.client(at: root, "at the root \(number)")
                _ = try bench.client(at: child, "at the child \(number)")
            }
            let grandchild = try bench.node("grandchild", under: child, ["--redirect-gap", "2"])
            try bench.waitForPath(of: grandchild, [child, root])
            try eventually("newcomers are sent to the grandchild") {
                try newcomer(bench, at: root).sentTo == grandchild.port
            }
            try how(grandchild)
            // Much earlier than what it announced grows old.
            try eventually("the root has forgotten it", within: .seconds(2)) {
                let (servers, sentTo) = try newcomer(bench, at: root)
                return !servers.contains(grandchild.port) && sentTo != grandchild.port
            }
        }
    }

    @Test func `A node that is killed is no longer a target at nodes that aren't its neighbours`() throws {
        try isForgotten { $0.killHard() }
    }

    @Test func `A node that leaves is no longer a target at nodes that aren't its neighbours`() throws {
        try isForgotten { (node: Node) throws in
            node.program.signal(15)
            let ending = try node.program.waitForEnd()
            #expect(ending == .exited(0))
        }
    }
}

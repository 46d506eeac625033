import Testing

extension RealProcesses {
    /// A server that speaks only the base protocol joins as a leaf of the tree.
    @Suite struct BaseLeafTests {}
}

/// A root a with children b and c, and a base server under b.
private struct Grove {
    let a, b, c: Node
    let leaf: ScriptedBaseServer

    var nodes: [Node] { [a, b, c] }

    init(_ bench: Bench, _ flags: [String] = []) throws {
        a = try bench.node("a", flags)
        b = try bench.node("b", under: a, flags)
        c = try bench.node("c", under: a, flags)
        try bench.waitForPath(of: b, [a])
        try bench.waitForPath(of: c, [a])
        leaf = try bench.baseLeaf(at: b)
    }
}

// MARK: - Joining, and what goes over the link

extension RealProcesses.BaseLeafTests {
    @Test func `It gets no answer, but one announcement at once, of the node that it joined`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let leaf = ScriptedBaseServer(try bench.connect(to: grove.b, "leaf"))
            try leaf.link.send(["command": "AUTHENTICATE", "secret": .string(Bench.secret)])
            let first = try leaf.readAny(within: .seconds(3))
            #expect(first["command"] == "SERVER_ANNOUNCE")
            #expect(first["port"] == .integer(grove.b.port))
            #expect(first["hostname"] == "localhost")
            #expect(first["load"]?.integer != nil)
        }
    }

    @Test func `A wrong secret gets AUTHENTICATION_FAIL with the conventional info, and the end`() throws {
        try onBench { bench in
            let peer = try bench.connect(to: try bench.node())
            try peer.send(["command": "AUTHENTICATE", "secret": "bad"])
            try peer.expectRefusal("AUTHENTICATION_FAIL", "the supplied secret is incorrect: bad")
        }
    }

    @Test func `Over seconds it sees one server's announcements and base messages only, and its silence is no fault`()
        throws
    {
        // It knows no heartbeat: it may say nothing for longer than a node's silence is borne. A base client, too,
        // must see nothing that it doesn't know: an unknown line makes most of them leave.
        try onBench { bench in
            let grove = try Grove(bench, ["-a", "200"])
            let idle = try bench.client(at: grove.b, "idle")
            let start = now()
            while now() - start < .seconds(5) || grove.leaf.announcements < 15 {
                let message = try grove.leaf.readAny(within: .seconds(3))
                #expect(message["command"] == "SERVER_ANNOUNCE", "\(message.line)")
            }
            #expect(grove.leaf.announcedIDs.count == 1)

            let speaker = try bench.client(at: grove.c, "speaker")
            try speaker.say(["n": 1])
            try grove.leaf.hear(["n": 1, "authenticated_user": "anonymous"])
            try idle.hear(["n": 1])  // the first line since its login
            try grove.leaf.broadcast(["n": 2, "authenticated_user": "x"])
            try speaker.hear(["n": 1])
            try speaker.hear(["n": 2], from: "x")
            #expect(grove.leaf.announcedIDs.count == 1)
        }
    }

    @Test func `Its clients and those of all nodes hear each other, each message once and in order`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let other = try bench.baseLeaf(at: grove.c, "other leaf")
            let clients = try grove.nodes.map { try bench.client(at: $0, "client at \($0.name)") }
            for n in 0..<50 {
                try grove.leaf.broadcast(["n": .integer(n), "authenticated_user": "x"])
            }
            for n in 0..<50 {
                for client in clients { try client.hear(["n": .integer(n)], from: "x") }
                try other.hear(["n": .integer(n), "authenticated_user": "x"])
            }
            for n in 0..<50 {
                try clients[n % 3].say(["m": .integer(n)])
                for client in clients { try client.hear(["m": .integer(n)]) }
                // For the leaf these are the first: its own broadcasts don't come back.
                for leaf in [grove.leaf, other] {
                    try leaf.hear(["m": .integer(n), "authenticated_user": "anonymous"])
                }
            }
        }
    }

    @Test func `A base server that leaves and joins again is served as before`() throws {
        // Several servers refuse a peer that comes back because its old link "already exists".
        try onBench { bench in
            let grove = try Grove(bench)
            let client = try bench.client(at: grove.a)
            for n in 0..<3 {
                let leaf = try bench.baseLeaf(at: grove.b, "leaf \(n)")
                try leaf.broadcast(["n": .integer(n), "authenticated_user": "x"])
                try client.hear(["n": .integer(n)], from: "x")
                if n == 1 { leaf.link.abort() } else { leaf.link.close() }
            }
            try client.say(["n": 3])
            try client.hear(["n": 3])
        }
    }
}

// MARK: - Registrations on our side

extension RealProcesses.BaseLeafTests {
    @Test func `A registration anywhere in the tree waits for its LOCK_ALLOWED, and ends with it`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let speaker = try bench.client(at: grove.b, "speaker")
            for (n, node) in grove.nodes.enumerated() {
                let name = "user \(n)"
                let client = try bench.connect(to: node, name)
                try client.sendRegister(name, "s")
                let secret = try grove.leaf.expectRequest(of: name)
                // The user's secret stays at the node where it was shown.
                #expect((secret == "s") == (node.port == grove.b.port))
                // The other nodes have all the time that a message takes to go everywhere and come back.
                try speaker.say(["n": .integer(n)])
                try speaker.hear(["n": .integer(n)])
                try grove.leaf.hear(["n": .integer(n), "authenticated_user": "anonymous"])
                try client.expectNothingYet()
                try grove.leaf.send(.allowed, name, secret)
                try client.expect("REGISTER_SUCCESS", ["info": .string("register success for \(name)")])
            }
        }
    }

    @Test func `Its LOCK_DENIED denies a registration anywhere in the tree`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            for (n, node) in grove.nodes.enumerated() {
                let name = "user \(n)"
                let client = try bench.connect(to: node, name)
                try client.sendRegister(name, "s")
                try grove.leaf.send(.denied, name, try grove.leaf.expectRequest(of: name))
                try client.expectRefusedName(name)
                for node in grove.nodes {
                    try bench.connect(to: node).loginInVain(as: name, secret: "s")
                }
            }
        }
    }

    @Test func `If it dies while it is asked, the registration ends all the same`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let client = try bench.connect(to: grove.c)
            try client.sendRegister("alice", "s")
            _ = try grove.leaf.expectRequest(of: "alice")
            grove.leaf.link.close()
            try client.expect("REGISTER_SUCCESS", within: .seconds(3))
        }
    }
}

// MARK: - Registrations on its side

extension RealProcesses.BaseLeafTests {
    @Test func `A name that it asks for and nobody has is allowed, exactly once, and logs in everywhere`() throws {
        // It counts one LOCK_ALLOWED for each server that it has seen announced: too few, and its client waits for
        // ever.
        try onBench { bench in
            let grove = try Grove(bench)
            try grove.leaf.send(.request, "newu", "n1")
            try grove.leaf.expect(.allowed, "newu", "n1")
            try grove.leaf.send(.request, "second", "n2")
            try grove.leaf.expect(.allowed, "second", "n2")  // and not the former again
            #expect(grove.leaf.announcedIDs.count == 1)
            for node in grove.nodes {
                _ = try bench.client(at: node, as: "newu", secret: "n1")
                try bench.connect(to: node).registerInVain("second", "mine")
            }
        }
    }

    @Test func `A name that it asks for and somebody has is denied, with the pair it asked for`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let client = try bench.connect(to: grove.c)
            try client.sendRegister("alice", "sek1")
            try grove.leaf.send(.allowed, "alice", try grove.leaf.expectRequest(of: "alice"))
            try client.expect("REGISTER_SUCCESS")
            for secret in ["zzz", "sek1"] {
                try grove.leaf.send(.request, "alice", secret)
                try grove.leaf.expect(.denied, "alice", secret)
            }
            _ = try bench.client(at: grove.b, as: "alice", secret: "sek1")
        }
    }

    @Test func `Of two base servers each is asked what the other asks, and one denial denies`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let other = try bench.baseLeaf(at: grove.c, "other leaf")
            try grove.leaf.send(.request, "newu", "n1")
            try other.send(.allowed, "newu", try other.expectRequest(of: "newu"))
            try grove.leaf.expect(.allowed, "newu", "n1")
            try other.send(.request, "erin", "e1")
            let madeUp = try grove.leaf.expectRequest(of: "erin")
            #expect(madeUp != "e1")
            try grove.leaf.send(.denied, "erin", madeUp)
            try other.expect(.denied, "erin", "e1")
            try bench.connect(to: grove.a).loginInVain(as: "erin", secret: "e1")
        }
    }

    @Test func `Its LOCK_DENIED afterwards removes the name if the secret is the same, and only then`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            for name in ["kept", "removed"] {
                try grove.leaf.send(.request, name, "n1")
                try grove.leaf.expect(.allowed, name, "n1")
                for node in grove.nodes { _ = try bench.client(at: node, as: name, secret: "n1") }
            }
            try grove.leaf.send(.denied, "kept", "another")
            try grove.leaf.send(.denied, "removed", "n1")
            for node in grove.nodes {
                try waitUntilUnknown("removed", "n1", at: node, bench)
                _ = try bench.client(at: node, as: "kept", secret: "n1")
            }
        }
    }

    @Test func `Its LOCK_DENIED removes the name also if it follows the LOCK_ALLOWED at once`() throws {
        // The node may still be busy with the registration that it has just allowed.
        try onBench { bench in
            let grove = try Grove(bench)
            try grove.leaf.send(.request, "brief", "n1")
            try grove.leaf.expect(.allowed, "brief", "n1")
            try grove.leaf.send(.denied, "brief", "n1")
            // Once a later name is known everywhere, so would the former be.
            try grove.leaf.send(.request, "later", "n1")
            try grove.leaf.expect(.allowed, "later", "n1")
            for node in grove.nodes {
                try eventually("later is known at \(node.name)") {
                    let client = try bench.connect(to: node)
                    defer { client.close() }
                    try client.sendLogin(as: "later", secret: "n1")
                    return try client.read()["command"] == "LOGIN_SUCCESS"
                }
            }
            for node in grove.nodes { try waitUntilUnknown("brief", "n1", at: node, bench) }
        }
    }

    private func waitUntilUnknown(_ name: String, _ secret: String, at node: Node, _ bench: Bench) throws {
        try eventually("\(name) is unknown at \(node.name)", within: .seconds(10)) {
            let client = try bench.connect(to: node)
            defer { client.close() }
            try client.sendLogin(as: name, secret: secret)
            return try client.read()["command"] == "LOGIN_FAILED"
        }
    }
}

// MARK: - Servers that flood to everybody

extension RealProcesses.BaseLeafTests {
    @Test func `One that floods everything back is not cut, and nothing that it floods counts twice`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let listener = try bench.client(at: grove.c, "listener")
            let speaker = try bench.client(at: grove.a, "speaker")
            for n in 0..<5 {
                try speaker.say(["n": .integer(n)])
                let line = try grove.leaf.read()
                #expect(line["activity"] == ["n": .integer(n), "authenticated_user": "anonymous"])
                try grove.leaf.link.send(line)
                try speaker.hear(["n": .integer(n)])
            }
            // A question comes back before its answer, and a denial too.
            let client = try bench.connect(to: grove.c, "alice")
            try client.sendRegister("alice", "s")
            let request = try grove.leaf.read()
            let madeUp = request["secret"]?.text ?? ""
            #expect(request == ["command": "LOCK_REQUEST", "username": "alice", "secret": .string(madeUp)])
            try grove.leaf.link.send(request)
            try grove.leaf.send(.allowed, "alice", madeUp)
            try client.expect("REGISTER_SUCCESS")
            try grove.leaf.send(.request, "alice", "s")
            let denial = try grove.leaf.read()
            #expect(denial == ["command": "LOCK_DENIED", "username": "alice", "secret": "s"])
            try grove.leaf.link.send(denial)
            try grove.leaf.announce(load: 0, port: .integer(grove.b.port))

            try grove.leaf.broadcast(["n": 5, "authenticated_user": "x"])
            for n in 0..<5 { try listener.hear(["n": .integer(n)]) }
            try listener.hear(["n": 5], from: "x")
            for node in grove.nodes { _ = try bench.client(at: node, as: "alice", secret: "s") }
        }
    }

    @Test func `Nothing that it is sent has a field that only nodes know`() throws {
        try onBench { bench in
            let grove = try Grove(bench, ["-a", "200"])
            let announcement = try grove.leaf.readAny()
            #expect(
                Set((announcement.members ?? [:]).keys) == ["command", "id", "hostname", "port", "load"],
                "\(announcement.line)")
        }
    }

    @Test func `The log and the tree say where it is, and the log why it went`() throws {
        try onBench { bench in
            let grove = try Grove(bench)
            let name = "a server of the base protocol at 127.0.0.1:"
            try eventually("the log names it") { grove.b.program.errors.contains("took \(name)") }
            func leaves() throws -> [JSONValue] {
                let tree = try bench.program(
                    "tree", ["tree", "-rh", "localhost", "-rp", String(grove.b.port), "-s", Bench.secret, "--json"])
                let status = try JSONParser.parse(Array(try tree.readToEnd().joined(separator: "\n").utf8))
                return status["leaves"]?.elements ?? []
            }
            #expect(try leaves().map { $0["protocol"] } == ["base"])
            try grove.leaf.announce(load: 0, port: 4_100)
            try eventually("the tree shows where it listens") {
                try leaves() == [["protocol": "base", "hostname": "localhost", "port": 4100]]
            }
            try grove.leaf.link.send(["command": "LOGIN", "username": "anonymous"])
            try eventually("the log says why it went") {
                grove.b.program.errors.contains("lost \(name)")
                    && grove.b.program.errors.contains("the link was dropped")
            }
        }
    }
}

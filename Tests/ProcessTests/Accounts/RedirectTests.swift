import Testing

extension RealPrograms {
    /// Clients are spread by load: checked at the login only, after the LOGIN_SUCCESS.
    @Suite struct RedirectTests {}
}

/// Two nodes that redirect at a difference of two clients: one has six, who came when it was alone, the other none.
/// So whoever comes to the full one next is sent on, also while a redirect or two are counted already.
private struct Pair {
    static let flags = ["--redirect-gap", "2", "-a", "50"]
    let full, empty: Node
    /// Stays at the full one.
    let first: BaseClient

    init(_ bench: Bench) throws {
        let full = try bench.node("full", Self.flags)
        let stayers = try (1...6).map { try bench.client(at: full, "stayer \($0)") }
        let empty = try bench.node("empty", under: full, Self.flags)
        try bench.waitForPath(of: empty, [full])
        try eventually("the full node knows of the other's load") {
            let probe = try bench.connect(to: full, "probe")
            defer { probe.close() }
            try probe.login()
            try probe.say(["probe": true])
            return try probe.read()["port"] == .integer(empty.port)
        }
        // What the probes said is over once this has come back.
        try stayers[0].say(["fence": true])
        while try stayers[0].read()["activity"]?["fence"] != true {}
        (self.full, self.empty, first) = (full, empty, stayers[0])
    }
}

extension RealPrograms.RedirectTests {
    @Test func `A client that comes to the fuller node is logged in, redirected to a number of a port, and cut off`()
        throws
    {
        try onBench { bench in
            let pair = try Pair(bench)
            let client = try bench.connect(to: pair.full, "client")
            try client.login()
            try client.expect("REDIRECT", ["hostname": "localhost", "port": .integer(pair.empty.port)])
            try client.expectEnd()
            // It logs in afresh where it was sent, stays, and hears who stayed behind.
            let again = try bench.client(at: pair.empty, "again")
            try pair.first.say(["n": 1])
            try again.hear(["n": 1])
            try pair.first.hear(["n": 1])
        }
    }

    @Test func `Who has logged in stays, and who comes to the emptier node is welcome`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let lonely = try bench.client(at: pair.empty, "lonely")
            for (n, client) in [pair.first, lonely].enumerated() {
                try client.say(["n": .integer(n)])
                try pair.first.hear(["n": .integer(n)])
                try lonely.hear(["n": .integer(n)])
            }
        }
    }

    @Test func `A redirect arrives although the client has sent more than was read, or sends LOGOUT late`() throws {
        // An immediate close with unread input turns into a reset that can destroy the REDIRECT on its way.
        try onBench { bench in
            let pair = try Pair(bench)
            let login = Array(#"{"command":"LOGIN","username":"anonymous"}"#.utf8) + [0x0A]
            let logout = Array(#"{"command":"LOGOUT"}"#.utf8) + [0x0A]

            let hasty = try bench.connect(to: pair.full, "hasty")
            let activity = Array(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{}}"#.utf8) + [0x0A]
            try hasty.send(bytes: login + [[UInt8]](repeating: activity, count: 200).joined() + logout)
            try hasty.expect("LOGIN_SUCCESS")
            try hasty.expect("REDIRECT", ["port": .integer(pair.empty.port)])
            try hasty.expectEnd()

            let late = try bench.connect(to: pair.full, "late")
            try late.send(bytes: login)
            #expect(Sockets.waitForEndUnread(late.descriptor.number, within: .seconds(10)))
            late.sendAnyway(bytes: logout)
            late.sendAnyway(bytes: logout)
            try late.expect("LOGIN_SUCCESS")
            try late.expect("REDIRECT", ["port": .integer(pair.empty.port)])
            try late.expectEnd()

            // What the redirected said after their login was not theirs to say here.
            try pair.first.say(["n": 1])
            try pair.first.hear(["n": 1])
        }
    }

    @Test func `Who registered and is redirected logs in over there with the same name and secret`() throws {
        try onBench { bench in
            let pair = try Pair(bench)
            let alice = try bench.connect(to: pair.full, "alice")
            try alice.register("alice", "sek1")
            try alice.login(as: "alice", secret: "sek1")
            let redirect = try alice.expect("REDIRECT")
            try alice.expectEnd()
            let there = try bench.connect(port: redirect["port"]?.integer ?? 0, "alice again")
            try there.login(as: "alice", secret: "sek1")
            try there.say(["n": 1], as: "alice", secret: "sek1")
            try there.hear(["n": 1], from: "alice")
            try pair.first.hear(["n": 1], from: "alice")
        }
    }

    @Test func `A wrong secret is refused, not redirected`() throws {
        // The original redirected before it looked at the credentials.
        try onBench { bench in
            let pair = try Pair(bench)
            try bench.connect(to: pair.full, "nobody").loginInVain(as: "nobody", secret: "x")
        }
    }

    @Test func `A gap of zero redirects nobody`() throws {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "0", "-a", "50"])
            let witness = try bench.client(at: root, "witness")
            let leaf = try bench.baseLeaf(at: root)
            try leaf.announce(load: 0, port: 4_101)
            try leaf.broadcast(["n": 0, "authenticated_user": "x"])
            _ = try witness.expect("ACTIVITY_BROADCAST")  // so the announcement has been seen too
            let clients = try (1...5).map { try bench.client(at: root, "client \($0)") }
            try clients[4].say(["n": 1])
            for client in clients + [witness] { try client.hear(["n": 1]) }
        }
    }

    @Test func `An announced load is compared with the own one, the login included`() throws {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2"])
            let witness = try bench.client(at: root, "witness")
            let near = try bench.baseLeaf(at: root, "near")
            let far = try bench.baseLeaf(at: root, "far")
            try near.announce(id: "near", load: 2, hostname: "near.example", port: 4_101)
            try far.announce(id: "far", load: 1, hostname: "far.example", port: 4_102)
            // The node has seen both once what they said next has come.
            for (n, leaf) in [near, far].enumerated() {
                try leaf.broadcast(["n": .integer(n), "authenticated_user": "x"])
                try witness.expect("ACTIVITY_BROADCAST", ["activity": ["n": .integer(n), "authenticated_user": "x"]])
            }
            let second = try bench.client(at: root, "second")  // 2 here against 1 and 2
            try second.say(["n": 2])
            try second.hear(["n": 2])
            let third = try bench.client(at: root, "third")  // 3 here: two more than the far one
            try third.expect("REDIRECT", ["hostname": "far.example", "port": 4_102])
            try third.expectEnd()
        }
    }

    @Test func `An announcement of a base server is known in the whole tree, with its number as number or string`()
        throws
    {
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2", "-a", "50"])
            let child = try bench.node("child", under: root, ["--redirect-gap", "2", "-a", "50"])
            try bench.waitForPath(of: child, [root])
            let leaf = try bench.baseLeaf(at: child)
            // Both nodes are fuller than the leaf; whoever logs in at the root as third at the latest goes elsewhere.
            _ = try bench.client(at: child, "at the child")
            try leaf.announce(load: "0", hostname: "leaf.example", port: "4103")
            let stayed = try bench.client(at: root, "first at the root")
            try eventually("a client at the root is sent to the leaf") {
                try leaf.announce(load: "0", hostname: "leaf.example", port: "4103")
                let probe = try bench.connect(to: root, "probe")
                defer { probe.close() }
                try probe.login()
                try probe.say(["probe": true])
                let answer = try probe.read()
                return answer["command"] == "REDIRECT" && answer["hostname"] == "leaf.example"
                    && answer["port"] == 4_103
            }
            stayed.close()
        }
    }

    @Test func `Nobody is sent to an address that is none`() throws {
        // One implementation announces a Java InetAddress: name/127.0.0.1.
        try onBench { bench in
            let root = try bench.node("root", ["--redirect-gap", "2"])
            let witness = try bench.client(at: root, "witness")
            let leaf = try bench.baseLeaf(at: root)
            try leaf.announce(load: 0, hostname: "box/127.0.0.1", port: 4_101)
            try leaf.broadcast(["n": 0, "authenticated_user": "x"])
            try witness.expect("ACTIVITY_BROADCAST")
            let second = try bench.client(at: root, "second")
            try second.say(["n": 1])
            let next = try second.read()
            #expect(next["command"] == "ACTIVITY_BROADCAST" || next["hostname"] == "127.0.0.1", "\(next.line)")
        }
    }
}

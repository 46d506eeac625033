import Testing

extension RealProcesses {
    /// What a node does with a peer that knows the network's secret and says what can't be true.
    @Suite struct LyingNodeTests {}
}

extension RealProcesses.LyingNodeTests {
    private func lines(_ node: Node, with words: String) -> Int {
        node.program.errors.split(separator: "\n").count { $0.contains(words) }
    }

    @Test func `A peer that tells of impossible gaps is left alone after the third time, and nobody else notices`()
        throws
    {
        try onBench { bench in
            let node = try bench.node("node", ["--plain-links"])
            let talker = try bench.client(at: node, "talker")
            for number in 0..<3 {
                let liar = try LyingNode(try bench.connect(to: node, "liar \(number)"), secret: node.secret)
                #expect(try liar.read()["command"] == "AUTHENTICATION_SUCCESS")
                try liar.tellGap(of: LyingNode.origin(1), through: 1 << 62 - number)
                try liar.expectEnd()
                try talker.say(["n": .integer(number)])
                try talker.hear(["n": .integer(number)])
            }
            let refused = try LyingNode(try bench.connect(to: node, "refused"), secret: node.secret)
            let answer = try refused.read()
            #expect(answer["command"] == "AUTHENTICATION_FAIL")
            #expect(answer["why"] == "history")
            try refused.expectEnd()
            let anew = try LyingNode(try bench.connect(to: node, "anew"), secret: node.secret, incarnation: 2)
            #expect(try anew.read()["command"] == "AUTHENTICATION_SUCCESS")
            anew.link.close()
            try eventually("it is said once") { lines(node, with: "alone for") == 1 }
            #expect(lines(node, with: "is broken") == 1, "\(node.program.errors)")
            #expect(try bench.tree(at: node).value["counts"]?["broken_streams"]?.lenientInteger == 3)
            try talker.say(["n": "last"])
            try talker.hear(["n": "last"])
        }
    }

    /// It reads all that comes, and says that it lives.
    @Test func `A peer that lives and acknowledges nothing keeps clients waiting no longer than --stuck-after`()
        throws
    {
        try onBench { bench in
            let node = try bench.node(
                "node", ["--plain-links", "--stuck-after", "2", "--heartbeat", "200", "--lost-after", "900"])
            let talker = try bench.client(at: node, "talker")
            let liar = try LyingNode(try bench.connect(to: node, "liar"), secret: node.secret)
            #expect(try liar.read()["command"] == "AUTHENTICATION_SUCCESS")
            try liar.link.send(["command": "SYNCHRONISED"])
            try talker.say(["n": 1])
            try eventually("what waited is shown") {
                liar.live()
                while (try? liar.link.readAvailable()) != nil {}
                return try talker.readAvailable()?["command"] == "ACTIVITY_BROADCAST"
            }
            #expect(lines(node, with: "signs of life, and it acknowledges") == 1, "\(node.program.errors)")
            #expect(try bench.tree(at: node).value["counts"]?["stuck_links"]?.lenientInteger == 1)
        }
    }

    @Test func `Gaps of a thousand invented origins are one line of the log`() throws {
        try onBench { bench in
            let node = try bench.node("node", ["--plain-links"])
            let talker = try bench.client(at: node, "talker")
            let liar = try LyingNode(try bench.connect(to: node, "liar"), secret: node.secret)
            #expect(try liar.read()["command"] == "AUTHENTICATION_SUCCESS")
            for number in 0..<1000 { try liar.tellGap(of: LyingNode.origin(number), through: 1000 + number) }
            try liar.link.send(["command": "VECTORS", "stored": [:], "safe": [:]])
            try eventually("the gaps are told") { lines(node, with: "kept by nobody") > 0 }
            try talker.say(["n": 1])
            try talker.hear(["n": 1])
            #expect(lines(node, with: "kept by nobody") == 1, "\(node.program.errors)")
            liar.link.close()
        }
    }
}

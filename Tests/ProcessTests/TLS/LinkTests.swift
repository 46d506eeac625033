import Foundation
import Testing

extension RealPrograms {
    /// Links between nodes: both sides prove that they know the secret, and nobody listens in.
    @Suite struct LinkTests {}
}

extension RealPrograms.LinkTests {
    private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.withUnsafeBytes { Data($0).range(of: Data(text.utf8)) != nil }
    }

    /// A node whose link to `parent` passes a tap.
    private func child(_ bench: Bench, _ name: String = "child", by tap: Tap, _ flags: [String] = []) throws -> Node {
        let port = try Sockets.freePort()
        let program = try bench.startNode(name, parentPort: tap.port, port: port, flags)
        return Node(name, program, port: try Node.port(of: program), secret: Bench.secret)
    }

    @Test func `Whoever hears all that passes on a link learns no secret and no message`() throws {
        try onBench { bench in
            let parent = try bench.node("parent")
            let tap = try Tap(to: parent.port)
            let child = try child(bench, by: tap)
            try bench.waitForPath(of: child, [parent])
            let listener = try bench.client(at: parent, "listener")
            let talker = try bench.newcomer(at: child, "somebody", "her-own-secret")
            try talker.say(["text": "for members alone"], as: "somebody", secret: "her-own-secret")
            try talker.hear(["text": "for members alone"], from: "somebody")
            try listener.hear(["text": "for members alone"], from: "somebody")
            let all = (tap.heard(.there) + tap.heard(.back)).flatMap(\.self)
            #expect(all.count > 1000)
            for text in [Bench.secret, "her-own-secret", "for members alone", "somebody", "command", "localhost"] {
                #expect(!contains(all, text), "\(text) was heard")
            }
            #expect(
                !(try bench.run(["tree", "-rp", String(child.port), "-s", Bench.secret]).output).contains("in clear"))
        }
    }

    @Test func `Recorded traffic that is played again gets nothing`() throws {
        try onBench { bench in
            let parent = try bench.node("parent")
            let tap = try Tap(to: parent.port)
            let child = try child(bench, by: tap)
            try bench.waitForPath(of: child, [parent])
            let witness = try bench.client(at: parent, "witness")
            try bench.client(at: child, "talker").say(["n": 1])
            try witness.hear(["n": 1])
            let recorded = try #require(tap.heard(.there).first { $0.count > 1000 })
            child.killHard()
            try eventually("the child is gone") { try bench.tree(at: parent).children.isEmpty }
            let replay = try bench.connect(to: parent, "replay")
            replay.sendAnyway(bytes: recorded)
            let answer = try replay.readBytesToEnd()
            // A new handshake, which the recorded bytes don't fit, and an alert.
            #expect(!contains(answer, "command") && answer.count < 1000, "\(answer.count)")
            #expect(try bench.tree(at: parent).children.isEmpty)
            try bench.client(at: parent, "talker").say(["n": 2])
            try witness.hear(["n": 2])
        }
    }

    @Test(arguments: [Tap.Way.there, .back])
    func `Whoever changes one byte cuts the link, which heals elsewhere`(way: Tap.Way) throws {
        try onBench { bench in
            let root = try bench.node("root")
            let tap = try Tap(to: root.port)
            let child = try child(bench, by: tap, ["--seeds", "localhost:\(root.port)"])
            try bench.waitForPath(of: child, [root])
            let listener = try bench.client(at: way == .there ? root : child, "listener")
            let talker = try bench.client(at: way == .there ? child : root, "talker")
            tap.changeNext(way)
            try talker.say(["n": 1])
            try eventually("the link is cut") {
                [root, child].contains { $0.program.errors.contains("TLS with 127.0.0.1 failed") }
            }
            try listener.hear(["n": 1])
            try bench.waitForPath(of: child, [root])
            try talker.say(["n": 2])
            try listener.hear(["n": 2])
            #expect(![root, child].contains { $0.program.errors.contains("bad message") })
        }
    }

    @Test func `Whoever binds the address of a dead parent gets no secret and no link, whatever it answers`() throws {
        try onBench { bench in
            let answers = [
                #"{"command":"AUTHENTICATION_SUCCESS","root":"T","empty":"T"}"# + "\n",
                #"{"command":"PROBED"}"# + "\n", "",
            ]
            for answer in answers {
                let root = try bench.node("root")
                let dead = try bench.node("dead", under: root)
                let orphan = try bench.node("orphan", under: dead)
                try bench.waitForPath(of: orphan, [dead, root])
                dead.killHard()
                let impostor = try Impostor(port: dead.port, answer: answer)
                root.killHard()
                try eventually("the orphan goes on alone") { orphan.program.errors.contains("this node is root now") }
                try eventually("it has tried the impostor") { impostor.heard.count > 0 }
                let client = try bench.client(at: orphan)
                try client.say(["text": "hello"])
                try client.hear(["text": "hello"])
                for heard in impostor.heard {
                    #expect(!contains(heard, Bench.secret) && !contains(heard, "command") && heard.count < 2000)
                }
                impostor.close()
            }
        }
    }

    @Test func `A node with another secret at a dead parent's address gets no child, and both say why`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let dead = try bench.node("dead", under: root)
            let orphan = try bench.node("orphan", under: dead, ["--seeds", "localhost:\(dead.port)"])
            try bench.waitForPath(of: orphan, [dead, root])
            dead.killHard()
            let impostor = try bench.node("impostor", port: dead.port, secret: "another-secret")
            try bench.waitForPath(of: orphan, [root])
            // Whichever of the two tries that address first.
            try eventually("one of the tree says who is there", within: .seconds(60)) {
                [root, orphan].contains {
                    $0.program.errors.contains("a node that doesn't know the secret answers")
                }
            }
            try impostor.program.expectLogged("or its secret (--secret-file, COPPICE_PARENT_SECRET")
            let tree = try bench.tree(at: impostor)
            #expect(tree.children.isEmpty && tree.isRoot == true)
        }
    }

    @Test func `A node that speaks in clear is refused with the flag, and taken with a warning where that is allowed`()
        throws
    {
        try onBench { bench in
            let strict = try bench.node("strict")
            let refused = try LyingNode(try bench.connect(to: strict, "in clear"), secret: strict.secret)
            let answer = try refused.read()
            #expect(answer["command"] == "AUTHENTICATION_FAIL" && answer["why"] == "plain", "\(answer.line)")
            #expect(answer["info"]?.text?.contains("--plain-links") == true)
            try refused.expectEnd()
            try eventually("its log says so") { strict.program.errors.contains("--plain-links") }

            let lenient = try bench.node("lenient", ["--plain-links"])
            let taken = try LyingNode(try bench.connect(to: lenient, "in clear"), secret: lenient.secret)
            #expect(try taken.read()["command"] == "AUTHENTICATION_SUCCESS")
            try eventually("its log warns") { lenient.program.errors.contains("is in clear: whoever listens in") }
            taken.link.close()
        }
    }

    @Test func `A node with --plain-links joins one that encrypts by an encrypted link`() throws {
        try onBench { bench in
            let root = try bench.node("root")
            let tap = try Tap(to: root.port)
            let child = try child(bench, by: tap, ["--plain-links"])
            try bench.waitForPath(of: child, [root])
            #expect(!contains(tap.heard(.there).flatMap(\.self), "command"))
            #expect(!child.program.errors.contains("in clear"))
        }
    }

    @Test func `A node with --plain-links speaks in clear to a parent that doesn't encrypt`() throws {
        try onBench { bench in
            let parent = try OtherServer(.answers("{\"command\":\"AUTHENTICATION_FAIL\"}\n"))
            defer { parent.close() }
            let strict = try bench.startNode("strict", parentPort: parent.port, port: 0)
            try eventually("it says who is there") {
                strict.errors.contains("a server of the original system answers")
            }
            #expect(!parent.heard.contains { contains($0, Bench.secret) })
            let lenient = try bench.startNode("lenient", parentPort: parent.port, port: 0, ["--plain-links"])
            try eventually("it shows the secret") { parent.heard.contains { contains($0, Bench.secret) } }
            try eventually("it says who is there") {
                lenient.errors.contains("a server of the original system answers")
            }
        }
    }

    @Test(arguments: [
        ["tree"], ["top", "--once"], ["account", "list"], ["session", "list"], ["drain", "--at"], ["rebalance"],
        ["config", "--of"],
    ])
    func `No tool shows the secret to whoever answers in a node's place`(tool: [String]) throws {
        try onBench { bench in
            let port = try Sockets.freePort()
            let impostor = try Impostor(port: port, answer: "{\"command\":\"INVALID_MESSAGE\",\"info\":\"no\"}\n")
            defer { impostor.close() }
            let isNamed = ["--at", "--of"].contains(tool.last)
            let place = isNamed ? ["localhost:\(port)"] : ["-rp", String(port)]
            let run = try bench.run(tool + place + ["-s", "a-canary-of-a-secret"])
            #expect(run.status != 0, "\(run.output)")
            let heard = impostor.heard.map { String(decoding: $0, as: UTF8.self) }
            #expect(heard.contains { !$0.isEmpty }, "it was asked: \(run.errors)")
            #expect(!heard.joined().contains("canary"))
        }
    }
}

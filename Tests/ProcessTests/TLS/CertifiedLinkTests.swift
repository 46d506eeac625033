import Foundation
import Testing

extension RealPrograms {
    /// Links between nodes that have certificates for them, besides the secret.
    @Suite struct CertifiedLinkTests {}
}

extension RealPrograms.CertifiedLinkTests {
    private func copy(_ from: String, to: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
    }

    /// Nobody is below a node, and it is below nobody, also if it was to be.
    private func expectAlone(_ node: Node, _ bench: Bench, isRoot: Bool) throws {
        if isRoot {
            let tree = try bench.tree(at: node)
            #expect(tree.isRoot == true && tree.children.isEmpty, "\(node.name)")
        } else {
            let run = try bench.run(["tree", "-rp", String(node.port), "-s", node.secret])
            #expect(run.errors.contains("is not joined"), "\(node.name): \(run.errors)")
        }
    }

    @Test func `Nodes with certificates form a tree, pass messages on, and heal when a parent is killed`() throws {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let root = try bench.node("root", links.flags("n1"))
            let tap = try Tap(to: root.port)
            let program = try bench.startNode(
                "middle", parentPort: tap.port, port: try Sockets.freePort(), links.flags("n2"))
            let middle = Node("middle", program, port: try Node.port(of: program), secret: Bench.secret)
            let leaf = try bench.node("leaf", under: middle, links.flags("n3"))
            // The tool that asks has no certificate: it makes no link.
            try bench.waitForPath(of: leaf, [middle, root])
            let listener = try bench.client(at: root, "listener")
            let talker = try bench.client(at: leaf, "talker")
            try talker.say(["text": "for members alone"])
            try listener.hear(["text": "for members alone"])
            let heard = (tap.heard(.there) + tap.heard(.back)).flatMap(\.self)
            #expect(heard.count > 1000)
            for text in [Bench.secret, "for members alone", "command"] {
                #expect(heard.withUnsafeBytes { Data($0).range(of: Data(text.utf8)) } == nil, "\(text) was heard")
            }
            middle.killHard()
            try bench.waitForPath(of: leaf, [root])
            try talker.say(["n": 2])
            try listener.hear(["n": 2])
            for node in [root, leaf] { #expect(!node.program.errors.contains("no link with")) }
        }
    }

    @Test func `At one port there are links with certificates, clients with TLS, clients without it, and tools`() throws
    {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let clients = try bench.certificates(for: ["localhost"])
            let root = try bench.node(
                "root", links.flags("n1") + clients.nodeFlags + ["--tls-client-ca", links.authority])
            let child = try bench.node("child", under: root, links.flags("n2"))
            try bench.waitForPath(of: child, [root])
            let plain = try bench.client(at: root, "plain")
            let encrypted = try bench.opensslClient(at: root, clients)
            try encrypted.write(#"{"command":"LOGIN","username":"anonymous"}"#)
            try encrypted.expect("LOGIN_SUCCESS")
            try encrypted.write(#"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":1}}"#)
            try plain.hear(["n": 1])
            let place = ["-rp", String(root.port)]
            for tool in [
                ["tree"] + place, ["session", "list"] + place, ["top", "--once"] + place,
                ["config", "--of", "localhost:\(root.port)"],
            ] {
                let run = try bench.run(tool + ["-s", root.secret])
                #expect(run.status == 0, "\(tool): \(run.errors)")
            }
            encrypted.closeInput()
            try bench.forget(encrypted)
        }
    }

    @Test func `A node without a certificate gets in nowhere, and both logs name the flags`() throws {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let root = try bench.node("root", links.flags("n1"))
            let bare = try bench.node("bare", under: root)
            try bare.program.expectLogged(
                "there is no link with the parent at localhost:\(root.port): links need certificates: start both nodes "
                    + "with --link-cert, --link-key and --link-ca")
            try root.program.expectLogged(
                #/refused the node .* links need certificates: .*--link-cert, --link-key and --link-ca/#)
            // The other way round.
            let certified = try bench.node("certified", under: bare, links.flags("n2"))
            try certified.program.expectLogged(
                "there is no link with the parent at localhost:\(bare.port): it takes no links with certificates: give "
                    + "it --link-cert, --link-key and --link-ca")
            try bare.program.expectLogged(
                #/no link with 127.0.0.1: it wants a link with certificates, .* --link-cert, --link-key and --link-ca/#)
            // A seed that is none of the network's either.
            let seeded = try bench.node("seeded", links.flags("n3") + ["--seeds", "localhost:\(bare.port)"])
            try seeded.program.expectLogged("no link with localhost:\(bare.port): it takes no links with certificates")
            for node in [root, seeded] { try expectAlone(node, bench, isRoot: true) }
            for node in [bare, certified] { try expectAlone(node, bench, isRoot: false) }
        }
    }

    @Test func `A node with a foreign certificate gets in nowhere, and both logs name the flags`() throws {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let foreign = try bench.linkCertificates("foreign")
            let root = try bench.node("root", links.flags("n1"))
            // It believes the root, which doesn't believe it.
            let stranger = try bench.node(
                "stranger", under: root, foreign.flags("n2", believing: links.authority))
            try stranger.program.expectLogged(
                #/no link with the parent at localhost:\d+: it refuses this node's certificate .*--link-cert here/#)
            try root.program.expectLogged(
                #/no link with 127.0.0.1: its certificate was signed by an authority .*--link-ca here/#)
            // Neither believes the other.
            let other = try bench.node("other", under: root, foreign.flags("n3"))
            try other.program.expectLogged(
                #/no link with the parent at localhost:\d+: its certificate was signed by .*--link-ca here/#)
            try root.program.expectLogged(
                #/no link with 127.0.0.1: it refuses this node's certificate .*--link-ca there/#)
            try expectAlone(root, bench, isRoot: true)
            for node in [stranger, other] { try expectAlone(node, bench, isRoot: false) }
            // Its operator mends it while it runs.
            try copy(links.certificate("n2"), to: foreign.certificate("n2"))
            try copy(links.key("n2"), to: foreign.key("n2"))
            stranger.program.signal(SIGHUP)
            _ = try bench.waitForOneTree(of: [root, stranger])
        }
    }

    @Test func `A node with a right certificate and another secret gets in nowhere, and is told as without one`() throws
    {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let root = try bench.node("root", links.flags("n1"))
            let program = try bench.startNode(
                "other", parentPort: root.port, parentSecret: "another-secret", port: try Sockets.freePort(),
                secret: "another-secret", links.flags("n2"))
            let other = Node("other", program, port: try Node.port(of: program), secret: "another-secret")
            try other.program.expectLogged("the parent at localhost:\(root.port) refuses the secret")
            try root.program.expectLogged("a wrong secret was shown for the network's")
            try expectAlone(root, bench, isRoot: true)
            try expectAlone(other, bench, isRoot: false)
        }
    }

    @Test func `Certificates and authorities are changed on SIGHUP, while links stand`() throws {
        try onBench { bench in
            let old = try bench.linkCertificates("old")
            let new = try bench.linkCertificates("new")
            let root = try bench.node("root", old.flags("n1"))
            let child = try bench.node("child", under: root, old.flags("n2"))
            try bench.waitForPath(of: child, [root])
            func reread(_ times: Int) throws {
                for node in [root, child] { node.program.signal(SIGHUP) }
                for (node, name) in [(root, "n1"), (child, "n2")] {
                    try eventually("\(name) has read its certificate") {
                        let words = "read the certificate in \(old.certificate(name)) again"
                        return node.program.errors.components(separatedBy: words).count - 1 >= times
                    }
                }
            }
            // What can't be used changes nothing.
            let first = try String(contentsOfFile: old.authority, encoding: .utf8)
            try "broken".write(toFile: old.authority, atomically: true, encoding: .utf8)
            root.program.signal(SIGHUP)
            try root.program.expectLogged(#/the certificate stays as it was: .*check --link-ca/#)
            // Both authorities are believed; then the nodes show the new certificates.
            let second = try String(contentsOfFile: new.authority, encoding: .utf8)
            try (first + second).write(toFile: old.authority, atomically: true, encoding: .utf8)
            try reread(1)
            let late = try bench.node("late", under: child, new.flags("n3", believing: old.authority))
            try bench.waitForPath(of: late, [child, root])
            for name in ["n1", "n2"] {
                try copy(new.certificate(name), to: old.certificate(name))
                try copy(new.key(name), to: old.key(name))
            }
            try second.write(toFile: old.authority, atomically: true, encoding: .utf8)
            try reread(2)
            // What begins now, begins with them.
            let later = try bench.node("later", under: root, new.flags("n3"))
            try bench.waitForPath(of: later, [root])
            child.killHard()
            try bench.waitForPath(of: late, [root])
            let talker = try bench.client(at: late, "talker")
            let listener = try bench.client(at: later, "listener")
            try talker.say(["n": 1])
            try listener.hear(["n": 1])
        }
    }

    @Test func `The flags belong together, and each fault is named with its flag`() throws {
        try onBench { bench in
            let links = try bench.linkCertificates()
            let foreign = try bench.linkCertificates("foreign", for: ["n1"])
            let flags = links.flags("n1")
            let cases: [(flags: [String], words: String)] = [
                (Array(flags[0..<2]), "--link-cert needs --link-key and --link-ca"),
                (Array(flags[2..<4]), "--link-key needs --link-cert and --link-ca"),
                (Array(flags[4..<6]), "--link-ca needs --link-cert and --link-key"),
                (Array(flags[0..<4]), "--link-cert needs --link-ca"),
                (flags + ["--plain-links"], "--link-cert excludes --plain-links"),
                (["--link-cert", links.folder + "/none"] + flags[2...], "check --link-cert"),
                (flags[0..<2] + ["--link-key", foreign.key("n1")] + flags[4...], "check --link-cert and --link-key"),
                (flags[0..<4] + ["--link-ca", links.key("n1")], "check --link-ca"),
            ]
            for (flags, words) in cases {
                let run = try bench.run(["node", "-lp", "0", "--memory", "--clock", "none", "-ms", "s"] + flags)
                #expect(run.status != 0 && run.errors.contains(words), "\(flags): \(run.errors)")
            }
            // By a file, with a key that others may read and a certificate that ends soon.
            let short = try bench.linkCertificates("short", for: ["n1"], ["--days", "9"])
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: short.key("n1"))
            let settings = bench.folder + "/node.yaml"
            try """
            link-cert: \(short.certificate("n1"))
            link-key: \(short.key("n1"))
            link-ca: \(short.authority)
            memory: true
            """.write(toFile: settings, atomically: true, encoding: .utf8)
            let check = try bench.run(["node", "--check", "--config", settings])
            #expect(check.status == 0, "\(check.errors)")
            #expect(check.errors.contains("other users can read the private key in \(short.key("n1")) (--link-key)"))
            #expect(check.errors.contains(#/ends in [89] days \(--link-cert\)/#), "\(check.errors)")
        }
    }
}

import Foundation
import Store
import Testing
import Tree

extension RealPrograms {
    /// A name is one, however it is spelled (docs/protocol.md#names).
    @Suite struct SpellingTests {}
}

extension RealPrograms.SpellingTests {
    /// Logs in, and expects to be told how the name was registered.
    private func logIn(
        _ client: BaseClient, as spelling: String, _ secret: String, registered: String
    ) throws {
        try client.sendLogin(as: spelling, secret: secret)
        let answer = try client.expect("LOGIN_SUCCESS", ["info": .string("logged in as user \(registered)")])
        let told = answer["username"]?.text
        #expect(told.map { Array($0.utf8) } == (spelling == registered ? nil : Array(registered.utf8)))
    }

    @Test func `Whoever registered a name logs in at every node in every spelling, and is shown as registered`() throws
    {
        try onBench { bench in
            let root = try bench.node("a", ["--data-dir", bench.folder + "/a"])
            let child = try bench.node("b", under: root)
            try bench.waitForPath(of: child, [root])
            let anna = "Ann\u{e9}"
            try bench.connect(to: child, "anna").register(anna, "sek1")
            let witness = try bench.client(at: root, "witness")
            for spelling in ["ANNE\u{301}", "ann\u{e9}", "Ａnn\u{e9}", anna] {
                for node in [root, child] {
                    let client = try bench.connect(to: node, spelling)
                    try logIn(client, as: spelling, "sek1", registered: anna)
                    try client.say(["m": .string(spelling)], as: spelling, secret: "sek1")
                    try client.hear(["m": .string(spelling)], from: anna)
                    try witness.hear(["m": .string(spelling)], from: anna)
                    client.close()
                }
            }
            for taken in ["ann\u{e9}", "ANNE\u{301}", "annＥ\u{301}"] {
                try bench.connect(to: root, taken).registerInVain(taken, "mine")
            }
            root.killHard()
            let again = try bench.node("a", port: root.port, ["--data-dir", bench.folder + "/a"])
            try logIn(try bench.connect(to: again), as: "ANN\u{c9}", "sek1", registered: anna)
        }
    }

    @Test func `A name that could be taken for somebody else's is refused with the reason`() throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("anna", "sek1")
            for (name, words) in [
                ("аnna", "the username mixes letters of Cyrillic and Latin: write it in one of them"),
                ("anna\u{200b}", "the username has a character that can't be seen"),
                ("anna🌳", "the username has U+1F333, which is no letter, mark or digit of a name"),
                ("an\u{2003}na", "the username has U+2003, which stands for other characters: write those"),
            ] {
                let client = try bench.connect(to: node, name)
                try client.sendRegister(name, "mine")
                try client.expectRefusal("INVALID_MESSAGE", words)
            }
            for name in ["ａｎｏｎｙｍｏｕｓ", "ANONYMOUS"] {
                let client = try bench.connect(to: node, name)
                try client.sendRegister(name, "mine")
                try client.expectRefusal(
                    "REGISTER_FAILED", "\(name) is for clients without a name: register another one")
            }
            let nobody = try bench.connect(to: node, "nobody")
            try logIn(nobody, as: "ａｎｏｎｙｍｏｕｓ", "whatever", registered: "anonymous")
        }
    }

    @Test func `Accounts of one name from before keep their exact spellings, and are named at the start`() throws {
        try onBench { bench in
            let folder = bench.folder + "/a"
            let before = try bench.node("a", ["--data-dir", folder])
            for name in ["anna", "ben", "carla"] { try bench.connect(to: before, name).register(name, "of \(name)") }
            before.killHard()
            do {
                // As a node of an earlier version would have left them.
                let store = try AccountStore(folder + "/accounts.sqlite")
                for (name, other) in [("ben", "Anna"), ("carla", "Dora")] {
                    let account = try #require(try store.record(of: name)?.account)
                    let older = Account(name: other, hash: account.hash, registered: account.registered)
                    try store.save([AccountRecord(older)])
                }
                store.close()
            }
            let node = try bench.node("a", port: before.port, ["--data-dir", folder])
            try eventually("the accounts are named") {
                node.program.errors.contains(
                    #"the accounts "Anna", "anna" have names that count as one: each gets in with its exact spelling"#)
            }
            #expect(!node.program.errors.contains("Dora"))
            try bench.client(at: node, as: "anna", secret: "of anna").close()
            try bench.client(at: node, as: "Anna", secret: "of ben").close()
            for secret in ["of anna", "of ben"] {
                try bench.connect(to: node).loginInVain(as: "ANNA", secret: secret)
            }
            // Who is alone with an old name gets in with every spelling of it, and nobody registers a further one.
            try logIn(try bench.connect(to: node), as: "DORA", "of carla", registered: "Dora")
            for name in ["dora", "ANNA"] { try bench.connect(to: node).registerInVain(name, "mine") }
        }
    }
}

import Testing

@testable import Tree

/// How much a client may say in a second (docs/protocol.md#limits).
@Suite struct RatesTests {
    private func bench(_ change: @escaping (inout Limits) -> Void) -> NodeBench { NodeBench { change(&$0.limits) } }

    private func visit(_ bench: NodeBench) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: PeerAddress(1)))
        return connection
    }

    @Test func whoSaysTooMuchIsReadFromAtTheRateAndToldOnceIfItAsked() {
        let bench = bench { $0.messagesPerSecond = 10 }
        let client = visit(bench)
        bench.handle(.received(client, .login(Login(username: Login.anonymous, features: [Login.noticeFeature]))))
        var notices = 0
        var pauses = 0
        // The login was the first message.
        for _ in 0..<9 {
            let effects = bench.say("x", on: client)
            notices += effects.sent(on: client).count { if case .notice = $0 { true } else { false } }
            if effects.contains(.pause(client)) { pauses += 1 }
        }
        #expect(pauses == 1)
        #expect(notices == 1)
        #expect(bench.node.log.count == 9)
        #expect(bench.wait(99).contains(.resume(client)) == false)
        #expect(bench.wait(2).contains(.resume(client)))
    }

    @Test func whateverAClientSaysCountsAgainstItsRate() {
        func saysTen(_ messages: [Message]) -> Int {
            let bench = bench { $0.messagesPerSecond = 10 }
            let client = visit(bench)
            bench.handle(.received(client, .login(Login(username: Login.anonymous))))
            var said = 1
            while said < 100 {
                said += 1
                let effects = bench.handle(.received(client, messages[said % messages.count]))
                if effects.contains(.pause(client)) { return said }
            }
            return said
        }
        #expect(saysTen([.ping(id: nil)]) == 10)
        #expect(saysTen([.login(Login(username: Login.anonymous))]) == 10)
        let activity = ActivityMessage(username: Login.anonymous, secret: nil, text: Array("{}".utf8), sequence: 7)
        #expect(saysTen([.activity(activity)]) == 10, "one of them is said, and the others are repeated")
    }

    @Test func theQuestionsOfAToolCountToo() {
        let bench = bench { $0.messagesPerSecond = 5 }
        let tool = visit(bench)
        let question = Message.administer(AccountRequest(secret: Secret("own"), action: .show(username: "anna")))
        for _ in 0..<4 { #expect(!bench.handle(.received(tool, question)).contains(.pause(tool))) }
        #expect(bench.handle(.received(tool, question)).contains(.pause(tool)))
        #expect(bench.wait(201).contains(.resume(tool)))
        bench.handle(.closed(tool))
        #expect(bench.node.admission.rateLimiters.count == 0)
    }

    @Test func whoSendsTooManyBytesIsReadFromAtTheRateAndToldOnceIfItAsked() {
        let bench = bench { ($0.bytesPerSecond, $0.clientLineBytes) = (1000, 4000) }
        let client = visit(bench)
        let login = Login(username: Login.anonymous, features: [Login.noticeFeature])
        // What comes before the login has other bounds.
        #expect(!bench.handle(.read(client, bytes: 1_000_000)).contains(.pause(client)))
        bench.handle(.received(client, .login(login)))
        #expect(!bench.handle(.read(client, bytes: 3999)).contains(.pause(client)))
        let effects = bench.handle(.read(client, bytes: 2001))
        #expect(effects.contains(.pause(client)))
        let info = "more than 1000 bytes a second: you are read from at that rate"
        #expect(effects.sent(on: client) == [.notice(info: info)])
        #expect(effects.contains(.report(.rateLimited(client, .bytes, 1000))))
        #expect(bench.node.status.counts.rateLimited == 1)
        #expect(!bench.wait(1999).contains(.resume(client)))
        #expect(bench.wait(3).contains(.resume(client)))
        let more = bench.handle(.read(client, bytes: 10))
        #expect(more.sent(on: client).isEmpty)
        #expect(!more.contains(.report(.rateLimited(client, .bytes, 1000))), "told once for each connection")
        #expect(bench.node.status.counts.rateLimited == 2)
        bench.handle(.closed(client))
        #expect(bench.node.admission.rateLimiters.count == 0)
        #expect(bench.node.admission.rateLimiters.waitingCount == 0)
    }

    @Test func linksAreReadFromWhateverTheySend() {
        let bench = bench { $0.bytesPerSecond = 1000 }
        let child = bench.child(7)
        #expect(!bench.handle(.read(child, bytes: 1_000_000)).contains(.pause(child)))
    }
}

import Testing

@testable import Tree

/// Bounds on what others may have a node keep or do (docs/hostile.md).
@Suite struct BoundsTests {
    private func contact(_ port: UInt16) -> Contact {
        Contact(node: NodeID(UInt64(port) + 1000), incarnation: Incarnation(1), address: Address(host: "n", port: port))
    }

    /// A server of the base protocol below a node.
    private func leaf(_ bench: NodeBench) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.received(connection, .authenticate(Authenticate(secret: Secret("own"), kind: .base))))
        bench.handle(.located(connection, Address(host: "10.0.0.1", port: 9)))
        return connection
    }

    @Test func aClientThatNamesTooManyOriginsIsToldAndClosed() {
        func login(_ count: Int, at bench: NodeBench) -> (ConnectionID, [Effect]) {
            let origins = (1...count).map { Origin(node: NodeID(UInt64($0)), incarnation: Incarnation(1)) }
            let since = VersionVector(origins.map { .init(origin: $0, sequence: 1) })
            let client = bench.newConnection()
            return (
                client, bench.handle(.received(client, .login(Login(username: Login.anonymous, since: since))))
            )
        }
        let bench = NodeBench()
        let limit = Limits().sinceOrigins
        let (good, taken) = login(limit, at: bench)
        #expect(!taken.closes(good))
        let (bad, refused) = login(limit + 1, at: bench)
        #expect(
            refused.sent(on: bad) == [
                .invalidMessage(info: "the field since names more than \(limit) origins: leave it out")
            ])
        #expect(refused.closes(bad))
    }

    @Test func aLeafThatSaysSomethingTooLongIsToldAndClosed() {
        let bench = NodeBench()
        let leaf = leaf(bench)
        func say(_ count: Int) -> [Effect] {
            let text = Array("{}".utf8) + Array(repeating: UInt8(ascii: " "), count: count - 2)
            return bench.handle(.received(leaf, .broadcast(activity: text, sender: "x", id: nil)))
        }
        let limit = Limits().activityBytes
        #expect(!say(limit).closes(leaf))
        #expect(bench.node.log.count == 1)
        let effects = say(limit + 1)
        #expect(effects.sent(on: leaf) == [.invalidMessage(info: "the activity is longer than \(limit) bytes")])
        #expect(effects.closes(leaf))
        #expect(bench.node.log.count == 1)
    }

    @Test func anAnswerAboutTheTreeNamesAsManyNodesAsFitIntoALine() {
        let bench = NodeBench()
        let child = bench.child(7)
        let tool = bench.newConnection()
        let asking = bench.handle(.received(tool, .status(StatusQuestion(secret: Secret("own"), id: nil))))
        guard case .status(let question)? = asking.sent(on: child).last else {
            Issue.record("the child is asked")
            return
        }
        var node = bench.node.status
        node.deadpool = (1...98).map { contact($0) }
        let nodes = Array(repeating: node, count: 100)
        let effects = bench.handle(
            .received(child, .statusAnswer(StatusAnswer(id: question.id, nodes: nodes, isComplete: true))))
        guard case .statusAnswer(let answer)? = effects.sent(on: tool).last else {
            Issue.record("the tool is answered")
            return
        }
        // Each takes some 40,000 bytes.
        #expect((15...18).contains(answer.nodes.count))
        #expect(!answer.isComplete)
    }

    @Test func ofTheServersThatALeafAnnouncesTheLatestAreRemembered() {
        let bench = NodeBench()
        let leaf = leaf(bench)
        let limit = Limits().baseServersNamed
        for number in 1...limit + 10 {
            let announcement = Announcement(
                id: "s\(number)", node: nil, address: Address(host: "s", port: UInt16(number)), load: 1,
                version: nil)
            bench.handle(.received(leaf, .serverAnnounce(announcement)))
        }
        #expect(bench.node.directory.baseServers.count == limit)
        #expect(bench.node.directory.baseServers.first?.announcement.id == "s11")
    }

    @Test func ofTheNodesThatItHearsOfItKnowsTheLatest() {
        let bench = NodeBench()
        let limit = Limits().knownNodes
        var deadpool = bench.node.topology.deadpool
        for number in 1...limit + 10 {
            let now = Instant(nanoseconds: 0) + .milliseconds(Int64(number))
            deadpool.heard(of: contact(UInt16(number)), at: now)
            deadpool.failed(contact(UInt16(number)).address, at: now)
        }
        #expect(deadpool.knownCount == limit)
        #expect(deadpool.contact(at: contact(10).address) == nil)
        #expect(deadpool.contact(at: contact(11).address) != nil)
        let long = Instant(nanoseconds: 1)
        #expect(!deadpool.hasFailed(contact(10), since: long) && deadpool.hasFailed(contact(11), since: long))
    }

    @Test func onlySoManyProbesAreUnderWay() {
        let bench = NodeBench()
        let limit = Limits().openProbes
        for number in 1...limit + 10 { bench.node.probe(contact(UInt16(number)), .outside) }
        #expect(bench.node.topology.probing.count == limit)
    }
}

import Testing

@testable import Tree

/// What of secrets stands in contacts (docs/protocol.md#encrypted-links).
@Suite struct NetworkSecretsTests {
    private let link = ConnectionID(1)
    private let one = Secret("one")
    private let other = Secret("other")
    private let third = Secret("third")

    private func contact(_ secret: Secret?) -> Contact {
        Contact(node: NodeID(7), address: Address(host: "h", port: 7), secret: secret)
    }

    @Test func ofANetworkWithOneSecretNoContactHasIt() {
        let secrets = NetworkSecrets(own: [one], parent: one)
        #expect(secrets.kept(contact(one)).secret == nil)
        #expect(secrets.sent(contact(one), on: link).secret == nil)
        #expect(secrets.sent(contact(nil), on: link).secret == nil)
        #expect(secrets.received(contact(nil), on: link).secret == nil)
    }

    @Test func aThirdNodesSecretIsNamed() {
        let secrets = NetworkSecrets(own: [one], parent: one)
        #expect(secrets.sent(contact(third), on: link).secret == third)
        #expect(secrets.received(contact(third), on: link).secret == third)
    }

    @Test func betweenTwoSecretsAContactWithoutOneHasThatOfTheLink() {
        // It requires `other` itself, and its parent requires `one`.
        var secrets = NetworkSecrets(own: [other], parent: one)
        let parent = ConnectionID(2)
        secrets.show(one, on: parent)
        // From below, and then up and down.
        let child = secrets.received(contact(nil), on: link)
        #expect(child.secret == other)
        #expect(secrets.sent(child, on: parent).secret == other)
        #expect(secrets.sent(child, on: link).secret == nil)
        // From above, and then down and up.
        let above = secrets.received(contact(nil), on: parent)
        #expect(above.secret == nil)
        #expect(secrets.sent(above, on: link).secret == one)
        #expect(secrets.sent(above, on: parent).secret == nil)
    }

    @Test func aLinkFromBeforeAChangeMeansThePresentSecret() {
        // Who has called, and who was called, before the change and while only one of them has heard of it.
        var caller = NetworkSecrets(own: [one], parent: one)
        caller.show(one, on: link)
        var called = NetworkSecrets(own: [one], parent: one)
        for secrets in [[one, other], [other, one], [other]] {
            caller.change(own: secrets, parent: secrets[0])
            #expect(caller.received(called.sent(contact(nil), on: link), on: link).secret == nil)
            #expect(called.received(caller.sent(contact(nil), on: link), on: link).secret == nil)
            called.change(own: secrets, parent: secrets[0])
            #expect(caller.received(called.sent(contact(nil), on: link), on: link).secret == nil)
        }
    }

    @Test func aChangeReachesWhatIsKept() {
        var secrets = NetworkSecrets(own: [one, other], parent: one)
        #expect(secrets.kept(contact(other)).secret == nil)
        secrets.change(own: [other, one], parent: other)
        #expect(secrets.received(contact(one), on: link).secret == nil)
        #expect(secrets.sent(contact(nil), on: link).secret == nil)
        secrets.change(own: [other], parent: other)
        #expect(secrets.sent(contact(nil), on: link).secret == nil)
        #expect(secrets.received(contact(one), on: link).secret == one)
    }

    @Test func eitherOfTwoIsTakenWhileItIsChanged() {
        let bench = NodeBench { $0.otherOwnSecret = Secret("new") }
        func isAnswered(_ secret: String) -> Bool {
            let connection = bench.newConnection()
            bench.handle(.opened(connection, from: .loopback))
            let effects = bench.handle(
                .received(connection, .status(StatusQuestion(secret: Secret(secret), id: nil))))
            if case .statusAnswer? = effects.sent(on: connection).first { return true }
            return false
        }
        #expect(isAnswered("own") && isAnswered("new"))
        bench.handle(.secretsChanged(own: [Secret("new")], parent: Secret("new")))
        #expect(!isAnswered("own") && isAnswered("new"))
    }
}

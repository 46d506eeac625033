import Names
import Testing

@testable import Tree

/// Logins that a certificate vouches for (docs/protocol.md#tls).
@Suite struct `A login that a certificate vouches for` {
    private let bench = NodeBench { $0.names = UnicodeNames() }

    private func encrypted(vouching name: String?) -> ConnectionID {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: PeerAddress(1)))
        bench.handle(.encrypted(connection, vouchedName: name))
        return connection
    }

    private func logIn(_ name: String, secret: Secret? = nil, on connection: ConnectionID) -> Message? {
        bench.handle(.received(connection, .login(Login(username: name, secret: secret)))).sent(on: connection).first
    }

    private func isSuccess(_ message: Message?) -> Bool { if case .loginSuccess? = message { true } else { false } }

    @Test func `needs no secret, and neither does what is said then`() {
        let client = encrypted(vouching: "anna")
        #expect(isSuccess(logIn("anna", on: client)))
        let effects = bench.handle(
            .received(client, .activity(ActivityMessage(username: "anna", secret: nil, text: Array("{}".utf8)))))
        #expect(effects.sent(on: client).isEmpty)
        // Also once more, on the same connection.
        #expect(isSuccess(logIn("anna", on: client)))
    }

    @Test func `is for that name alone, and for that connection`() {
        let client = encrypted(vouching: "anna")
        #expect(!isSuccess(logIn("bert", on: client)))
        #expect(!isSuccess(logIn("anna", on: encrypted(vouching: nil))))
        let later = encrypted(vouching: "anna")
        bench.handle(.closed(later))
        #expect(!bench.node.admission.encrypted.contains(later))
    }

    @Test func `isn't taken for a name that nobody could register`() {
        #expect(!isSuccess(logIn("an\u{200B}na", on: encrypted(vouching: "an\u{200B}na"))))
        #expect(isSuccess(logIn("anonymous", on: encrypted(vouching: "anonymous"))))
    }
}

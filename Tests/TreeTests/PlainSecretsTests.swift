import Testing

@testable import Tree

/// Secrets in clear from other machines (docs/protocol.md#secrets-in-clear).
@Suite struct `A secret in clear` {
    private func bench(allows: Bool = false) -> NodeBench { NodeBench { $0.allowsPlainSecrets = allows } }

    private static let messages: [Message] = [
        .login(Login(username: "anna", secret: Secret("s"))), .register(username: "anna", secret: Secret("s")),
        .changeSecret(SecretChange(username: "anna", secret: Secret("s"), newSecret: Secret("t"))),
    ]

    private func answer(
        _ bench: NodeBench, to message: Message, from address: PeerAddress, isEncrypted: Bool = false
    ) -> (message: Message?, isRefused: Bool, isClosed: Bool) {
        let client = bench.newConnection()
        bench.handle(.opened(client, from: address))
        if isEncrypted { bench.handle(.encrypted(client, vouchedName: nil)) }
        let effects = bench.handle(.received(client, message))
        let answer = effects.sent(on: client).first
        let info =
            switch answer {
            case .loginFailed(let info)?, .registerFailed(let info)?, .changeFailed(let info)?: info
            default: ""
            }
        return (answer, info.contains("--allow-plain"), effects.contains(.close(client, .afterFlush)))
    }

    @Test func `from another machine is refused with the reason and the flag, and nothing is looked at`() {
        let bench = bench()
        for message in Self.messages {
            let (_, isRefused, isClosed) = answer(bench, to: message, from: PeerAddress(1))
            #expect(isRefused)
            #expect(isClosed)
            #expect(!bench.effects.contains { if case .verify = $0 { true } else { false } })
        }
    }

    @Test func `is taken from this machine, over TLS, and where the operator allows it`() {
        for message in Self.messages {
            #expect(!answer(bench(), to: message, from: .loopback).isRefused)
            #expect(!answer(bench(), to: message, from: PeerAddress(1), isEncrypted: true).isRefused)
            #expect(!answer(bench(allows: true), to: message, from: PeerAddress(1)).isRefused)
        }
    }

    @Test func `is none if it stands beside the name anonymous, or isn't there`() {
        for login in [
            Login(username: Login.anonymous, secret: Secret("any")), Login(username: Login.anonymous),
        ] {
            let (message, isRefused, _) = answer(bench(), to: .login(login), from: PeerAddress(1))
            #expect(!isRefused)
            if case .loginSuccess? = message {} else { Issue.record("an anonymous client wasn't let in") }
        }
    }

    @Test func `is refused of who has logged in as anonymous before, too`() {
        let bench = bench()
        let client = bench.newConnection()
        bench.handle(.opened(client, from: PeerAddress(1)))
        bench.handle(.received(client, .login(Login(username: Login.anonymous))))
        let effects = bench.handle(.received(client, Self.messages[1]))
        guard case .registerFailed(let info)? = effects.sent(on: client).first else {
            Issue.record("a secret in clear was taken")
            return
        }
        #expect(info.contains("--allow-plain"))
    }
}

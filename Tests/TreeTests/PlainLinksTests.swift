import Testing

@testable import Tree

/// Nodes and tools that speak in clear (docs/protocol.md#encrypted-links). On this bench the secret is `own`.
@Suite struct PlainLinksTests {
    private let elsewhere = PeerAddress(9)

    private func refusal(
        _ bench: NodeBench, _ message: Message, from address: PeerAddress, isProved: Bool?, isCertified: Bool = false
    ) -> Refusal? {
        let connection = bench.newConnection()
        bench.handle(.opened(connection, from: address))
        if let isProved {
            bench.handle(.encrypted(connection, vouchedName: nil, isProved: isProved, isCertified: isCertified))
        }
        let effects = bench.handle(.received(connection, message))
        if case .authenticationFail(let refusal)? = effects.sent(on: connection).first {
            return refusal
        }
        return nil
    }

    private func status(_ secret: String) -> Message {
        .status(StatusQuestion(secret: Secret(secret), id: nil))
    }

    private var probe: Message {
        .probe(
            Probe(
                secret: Secret("own"),
                sender: Contact(node: NodeID(3), address: Address(host: "h", port: 3)),
                label: Label(term: 0, root: NodeID(3), depth: 0), claim: nil,
                clock: ClockReading(order: .causal, stamp: .zero, time: nil)))
    }

    @Test func aNodeHasToProveTheSecretWhereverItIs() {
        let bench = NodeBench { $0.linkProtection = .required }
        for address in [elsewhere, .loopback] {
            #expect(refusal(bench, probe, from: address, isProved: nil)?.reason == .plain)
            #expect(refusal(bench, probe, from: address, isProved: false)?.reason == .plain)
            #expect(refusal(bench, probe, from: address, isProved: true) == nil)
        }
    }

    @Test func aToolFromAnotherMachineHasToEncrypt() {
        let bench = NodeBench { $0.linkProtection = .required }
        #expect(refusal(bench, status("own"), from: elsewhere, isProved: nil)?.reason == .plain)
        // The secret isn't looked at: else whoever guesses would be told.
        #expect(refusal(bench, status("x"), from: elsewhere, isProved: nil)?.reason == .plain)
        #expect(refusal(bench, status("own"), from: elsewhere, isProved: false) == nil)
        #expect(refusal(bench, status("own"), from: .loopback, isProved: nil) == nil)
    }

    @Test func whereLinksNeedCertificatesTheSecretIsEnoughForToolsAlone() {
        let bench = NodeBench { $0.linkProtection = .certified }
        for address in [elsewhere, .loopback] {
            #expect(refusal(bench, probe, from: address, isProved: nil)?.reason == .certificate)
            #expect(refusal(bench, probe, from: address, isProved: true)?.reason == .certificate)
            #expect(refusal(bench, probe, from: address, isProved: true)?.info.contains("--link-cert") == true)
            #expect(refusal(bench, probe, from: address, isProved: true, isCertified: true) == nil)
            #expect(refusal(bench, status("own"), from: address, isProved: true) == nil)
        }
        #expect(refusal(bench, status("own"), from: elsewhere, isProved: nil)?.reason == .plain)
    }

    @Test func withPlainLinksEverybodyGetsIn() {
        let bench = NodeBench { $0.linkProtection = .preferred }
        #expect(refusal(bench, probe, from: elsewhere, isProved: nil) == nil)
        #expect(refusal(bench, status("own"), from: elsewhere, isProved: nil) == nil)
    }

    @Test func whoNamesWrongKeysGuesses() {
        let bench = NodeBench {
            $0.linkProtection = .required
            $0.limits.nodeSecretsPerAddress.free = 2
        }
        for _ in 0..<3 {
            let connection = bench.newConnection()
            bench.handle(.opened(connection, from: elsewhere))
            bench.handle(.namedWrongKey(connection))
            bench.handle(.closed(connection))
        }
        // Over certificates a guess has to wait now; who has proved the secret doesn't guess.
        let info = refusal(bench, status("own"), from: elsewhere, isProved: false)?.info
        #expect(info?.contains("too many wrong secrets") == true)
        #expect(refusal(bench, status("own"), from: elsewhere, isProved: true) == nil)
    }
}

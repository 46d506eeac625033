import Testing

@testable import Tree

/// What an operator changes while a node runs.
@Suite struct AdjustmentTests {
    private func adjust(_ bench: NodeBench, _ change: (inout Adjustment) -> Void) -> [Effect] {
        var adjustment = Adjustment(bench.node.configuration)
        change(&adjustment)
        return bench.handle(.adjusted(adjustment))
    }

    @Test func aNewTimeoutClosesWhoIsSilentByIt() {
        let bench = NodeBench { $0.limits.idleTimeout = .seconds(600) }
        let silent = bench.client()
        _ = adjust(bench) { $0.limits.idleTimeout = .seconds(10) }
        #expect(!bench.wait(9000).closes(silent))
        #expect(bench.wait(2000).closes(silent))
    }

    @Test func aTimeoutThatIsTakenAwayClosesNobody() {
        let bench = NodeBench { $0.limits.idleTimeout = .seconds(10) }
        let silent = bench.client()
        _ = adjust(bench) { $0.limits.idleTimeout = nil }
        #expect(!bench.wait(60_000).closes(silent))
    }

    @Test func moreClientsThanThereMayBeNowStay() {
        let bench = NodeBench()
        let clients = (0..<3).map { _ in bench.client() }
        let effects = adjust(bench) { $0.limits.clients = 2 }
        for client in clients { #expect(!effects.closes(client)) }
        let newcomer = bench.newConnection()
        let login = Message.login(Login(username: Login.anonymous, secret: nil))
        #expect(bench.handle(.received(newcomer, login)).closes(newcomer))
    }

    @Test func limitsThatPartsTookOverAtTheStartStay() {
        let bench = NodeBench()
        let before = bench.node.limits
        _ = adjust(bench) {
            $0.limits.heartbeat = .seconds(77)
            $0.limits.retentionBytes = 1
            $0.limits.messagesPerSecond = 5
            $0.announceInterval = .seconds(7)
            $0.redirectGap = .never
            $0.allowsPlainSecrets = false
        }
        #expect(bench.node.limits.heartbeat == before.heartbeat)
        #expect(bench.node.limits.retentionBytes == before.retentionBytes)
        #expect(bench.node.limits.messagesPerSecond == 5)
        #expect(bench.node.configuration.announceInterval == .seconds(7))
        #expect(bench.node.configuration.redirectGap == .never)
        #expect(!bench.node.configuration.allowsPlainSecrets)
    }

    @Test func theSettingsAreToldToWhoKnowsTheSecretAlone() {
        let bench = NodeBench()
        let tool = bench.newConnection()
        let secret = bench.node.configuration.ownSecret
        let right = Message.administer(AccountRequest(secret: secret, action: .settings))
        #expect(bench.handle(.received(tool, right)).contains(.tellSettings(tool)))
        let other = bench.newConnection()
        let wrong = Message.administer(AccountRequest(secret: Secret("guess"), action: .settings))
        let effects = bench.handle(.received(other, wrong))
        #expect(!effects.contains(.tellSettings(other)))
        #expect(effects.closes(other))
    }
}

import Simulator
import Testing

/// The network's secret is changed while it runs, and links prove that both sides know it.
@Suite struct SecretTests {
    /// Nodes in a chain; the operator changes their secrets in steps, one node after the other.
    private func rotation(_ steps: [[Int]]) -> Scenario {
        var scenario = Scenario(parents: [0, 1, 2], messagesEvery: 200, seconds: 24)
        for (number, secrets) in steps.enumerated() {
            for host in 0...3 { scenario.at(4 + 4 * Double(number) + Double(host), .secrets(host: host, secrets)) }
        }
        return scenario
    }

    @Test func thoseWhoHaveTheNewSecretAloneFindTheOthersThatWereToldOfBefore() {
        var scenario = rotation([[0, 1], [1, 0], [1]])
        // The links are from before: what is said on them of other nodes means the secret that counts now.
        scenario.at(17.5, .kill(host: 2))
        scenario.at(21, .kill(host: 1))
        scenario.settle(24, [0, 3])
        scenario.play()
    }

    @Test func aNodeWithAnotherSecretStaysApart() {
        var scenario = rotation([])
        scenario.at(4, .secrets(host: 3, [1]))
        scenario.at(5, .disconnect(host: 3))
        scenario.settle(24, [0, 1, 2, 3])
        let broken = Simulation.run(scenario.ordered).violations.map(\.rule)
        #expect(broken == ["one tree whatever is cut"])
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>) func theTreeHealsWhileTheSecretIsChanged(seed: UInt64) {
        var options = Simulation.Options()
        options.drawing.isSmall = true
        options.drawing.faults = [.rotate, .kill, .cut]
        #expect(Simulation.run(seed: seed, options: options).violations == [])
    }
}

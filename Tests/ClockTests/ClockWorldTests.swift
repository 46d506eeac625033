import Foundation
import Testing
import Tree

@testable import Clock

/// Histories of several clocks. A failing seed can be repeated: `ClockWorld(seed: …)`.
///
/// Environment: `COPPICE_CLOCK_SEEDS` is the number of histories of each kind, instead of the few that are run by
/// default.
@Suite("Several clocks with faults of every kind")
struct ClockWorldTests {
    private static let seeds = ProcessInfo.processInfo.environment["COPPICE_CLOCK_SEEDS"].flatMap { UInt64($0) } ?? 100

    @Test("no stamp is repeated or goes back, and without faults stamps are handed out")
    func everything() {
        var answers = 0
        var reigns = 0
        for seed in 1...Self.seeds {
            var world = ClockWorld(seed: seed)
            world.run()
            #expect(world.violations.isEmpty, "seed \(seed): \(world.violations)")
            answers += world.answers
            reigns += world.reigns
        }
        // Histories in which little happens would prove nothing.
        #expect(answers > Int(Self.seeds) * 200)
        #expect(reigns > Int(Self.seeds) * 5)
    }

    @Test("no stamp is repeated, even if monotonic clocks don't count the time a machine was frozen")
    func frozen() {
        for seed in 1...Self.seeds {
            var world = ClockWorld(seed: seed, faults: .frozenMachines)
            world.run()
            #expect(world.violations.isEmpty, "seed \(seed): \(world.violations)")
        }
    }

    @Test("each rule that is left out is noticed", arguments: ContenderMutation.allCases)
    func mutants(mutation: ContenderMutation) {
        let noticed = (1...1000 as ClosedRange<UInt64>).first { seed in
            let faults: ClockWorld.Faults = mutation == .unguardedBound ? .frozenMachines : .all
            var world = ClockWorld(seed: seed, faults: faults, mutation: mutation)
            world.run()
            return !world.violations.isEmpty
        }
        #expect(noticed != nil)
        if let noticed { print("    \(mutation): noticed with seed \(noticed)") }
    }
}

import Simulator
import Testing

@Suite struct SeedTests {
    private var small: Simulation.Options {
        var options = Simulation.Options()
        options.drawing.isSmall = true
        return options
    }

    /// The large slice runs in a release build, by `coppice simulate`.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func aSmallWorldKeepsEveryPromise(seed: UInt64) {
        let outcome = Simulation.run(seed: seed, options: small)
        #expect(outcome.violations == [])
    }

    /// Bans are drawn only where they are asked for, beside whatever else happens.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func aBanHoldsEverywhere(seed: UInt64) {
        var options = small
        options.drawing.faults = [.ban, seed % 2 == 0 ? .cut : .kill, .move]
        let outcome = Simulation.run(seed: seed, options: options)
        #expect(outcome.violations == [])
        #expect(outcome.schedule.steps.contains { if case .ban = $0.action { true } else { false } })
    }

    @Test func oneSeedIsOneHistory() {
        for seed in 31...33 as ClosedRange<UInt64> {
            #expect(Simulation.run(seed: seed, options: small).hash == Simulation.run(seed: seed, options: small).hash)
        }
    }

    /// Whoever changes this number has changed what nodes do, or how a history is drawn: that is no mistake, but it is
    /// to be meant. The same number comes out of debug and release builds.
    @Test func printingATraceChangesNothing() {
        var traced = small
        traced.trace = { _ in }
        #expect(Simulation.run(seed: 5, options: traced).hash == Simulation.run(seed: 5, options: small).hash)
    }

    @Test func differentSeedsAreDifferentHistories() {
        #expect(Simulation.run(seed: 1, options: small).hash != Simulation.run(seed: 2, options: small).hash)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>) func aScheduleSurvivesBeingWrittenDown(seed: UInt64) throws {
        let schedule = Drawing().schedule(seed: seed)
        #expect(try Schedule(text: schedule.text) == schedule)
    }

    @Test func aLineThatIsNoStepIsNamed() {
        #expect(throws: Schedule.TextError.self) { try Schedule(text: "set seed 1\n0.000 explode 3\n") }
    }
}

import Tree

/// Runs simulated worlds and says what came of it.
public enum Simulation {
    /// What came of one run.
    public struct Outcome: Sendable {
        public let hash: UInt64
        public let events: Int
        public let virtualSeconds: Double
        public let violations: [Violation]
    }

    public static func run(_ schedule: Schedule, print: ((String) -> Void)? = nil) -> Outcome {
        let world = World(schedule)
        world.trace.print = print
        world.run()
        return Outcome(
            hash: world.trace.hash, events: world.events,
            virtualSeconds: Double(world.now) / 1e9, violations: world.checks.violations)
    }
}

import Tree

/// Runs simulated worlds and returns the outcome.
///
/// ```swift
/// let outcome = Simulation.run(seed: 7)
/// if let violation = outcome.violations.first {
///     print(violation.rule, Simulation.shrink(outcome.schedule, rule: violation.rule).text)
/// }
/// ```
public enum Simulation {
    /// How worlds are drawn and observed.
    public struct Options: Sendable {
        public var drawing = Drawing()
        /// Called with the lines of the trace; nil for none. It doesn't change the history.
        public var trace: (@Sendable (String) -> Void)?
        /// A rule of the core to leave out.
        package var mutation: Mutation?

        public init() {}
    }

    /// The outcome of one run.
    public struct Outcome: Sendable {
        public let schedule: Schedule
        /// Names the history: equal hashes mean equal histories, to the byte.
        public let hash: UInt64
        /// How much happened in the world: packets, turns, steps.
        public let events: Int
        public let virtualSeconds: Double
        public let wallSeconds: Double
        /// Empty if every promise was kept.
        public let violations: [Violation]
        /// How often each of `RareSituation.allCases` occurred, in that order.
        public let rareCounts: [Int]
        /// Seconds from the end of the faults to one tree; nil if the faults didn't end, or there was no tree.
        public let healingSeconds: Double?
        public let messagesSaid: Int
        /// How many lines clients have read.
        public let linesRead: Int
        /// The most memory that any node's log took, in bytes.
        public let peakLogBytes: Int
        /// The most origins that a node would name to a neighbour at the end.
        public let namedOrigins: Int
        /// The number of clients of each host at the end.
        public let loads: [Int]

        /// How often a situation occurred.
        public func count(_ situation: RareSituation) -> Int {
            rareCounts[RareSituation.allCases.firstIndex(of: situation)!]
        }

        /// Virtual seconds in a second of real time.
        public var speed: Double { virtualSeconds / max(wallSeconds, 1e-9) }
    }

    /// The outcomes of many runs, summed up.
    public struct Summary: Sendable {
        public var runs = 0
        /// How many of these were in total order.
        public var runsInTotalOrder = 0
        public var failed: [(seed: UInt64, violation: Violation)] = []
        public var events = 0
        public var virtualSeconds = 0.0
        public var wallSeconds = 0.0
        public var rareCounts = Array(repeating: 0, count: RareSituation.allCases.count)
        public var messagesSaid = 0

        public init() {}

        public mutating func add(_ outcome: Outcome, seed: UInt64) {
            runs += 1
            if outcome.schedule.setting.order == .total { runsInTotalOrder += 1 }
            if let violation = outcome.violations.first { failed.append((seed, violation)) }
            events += outcome.events
            virtualSeconds += outcome.virtualSeconds
            wallSeconds += outcome.wallSeconds
            messagesSaid += outcome.messagesSaid
            for index in rareCounts.indices { rareCounts[index] += outcome.rareCounts[index] }
        }

        /// The situations that never occurred.
        public var missingSituations: [RareSituation] {
            RareSituation.allCases.enumerated().filter { rareCounts[$0.offset] == 0 }.map(\.element)
        }
    }

    /// Runs the history that a seed draws.
    public static func run(seed: UInt64, options: Options = Options()) -> Outcome {
        run(options.drawing.schedule(seed: seed), options: options)
    }

    /// Runs a given schedule.
    ///
    /// - Parameter remark: called with the trace's remarks, lines that explain. It doesn't change the history.
    public static func run(
        _ schedule: Schedule, options: Options = Options(), remark: ((String) -> Void)? = nil
    ) -> Outcome {
        let clock = ContinuousClock()
        let world = World(schedule, mutation: options.mutation)
        world.trace.print = options.trace
        if let remark { world.trace.print = { line in if line.contains("\t#\t") { remark(line) } } }
        let began = clock.now
        world.run()
        let wall = clock.now - began
        return Outcome(
            schedule: schedule, hash: world.trace.hash, events: world.events,
            virtualSeconds: Double(world.now) / Double(second), wallSeconds: Double(wall.wholeNanoseconds) / 1e9,
            violations: world.checks.violations, rareCounts: world.checks.rare.counts,
            healingSeconds: world.healingSeconds, messagesSaid: world.clients.reduce(0) { $0 + $1.said.count },
            linesRead: world.checks.linesRead, peakLogBytes: world.checks.peakLogBytes,
            namedOrigins: world.hosts.reduce(0) { max($0, $1.node?.namedOrigins ?? 0) },
            loads: world.hosts.map { $0.node?.load ?? 0 })
    }

    /// Runs one seed after the other. `each` gets every outcome and returns whether to continue.
    public static func runMany(
        seeds: ClosedRange<UInt64>, options: Options = Options(), each: (UInt64, Outcome) -> Bool = { _, _ in true }
    ) -> Summary {
        var summary = Summary()
        for seed in seeds {
            let outcome = run(seed: seed, options: options)
            summary.add(outcome, seed: seed)
            guard each(seed, outcome) else { break }
        }
        return summary
    }

    /// Finds a shorter schedule that breaks the same rule.
    ///
    /// - Parameter budget: how many histories may be run for that.
    public static func shrink(
        _ schedule: Schedule, rule: String, options: Options = Options(), budget: Int = 400
    ) -> Schedule {
        var shrinking = Shrinking(schedule, rule: rule, mutation: options.mutation, budget: budget)
        return shrinking.shrink()
    }
}

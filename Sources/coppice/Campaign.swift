import Simulator
import UV

/// Many histories, several at the same time. They are summed up in the order of their seeds, not in the order in which
/// they end.
final class Campaign {
    private let seeds: ClosedRange<UInt64>
    private let options: Simulation.Options
    private let jobs: Int
    private let loop: Loop
    private var next: UInt64?
    private var running = 0
    private var summary = Simulation.Summary()
    /// Ended, but some earlier one hasn't.
    private var early: [UInt64: Simulation.Outcome] = [:]
    private var nextToCount: UInt64
    private var ended: (UInt64, Simulation.Outcome) -> Void = { _, _ in }
    /// Names all histories together.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private let showsProgress = Terminal.isTerminal(2) && !Terminal.isDumb

    init(_ seeds: ClosedRange<UInt64>, options: Simulation.Options, jobs: Int) throws {
        self.seeds = seeds
        self.options = options
        self.jobs = jobs
        loop = try Loop()
        StandardError.neverWait()
        next = seeds.lowerBound
        nextToCount = seeds.lowerBound
    }

    /// - Parameter ended: is told of each history, in the order of the seeds.
    func run(_ ended: @escaping (UInt64, Simulation.Outcome) -> Void) -> Simulation.Summary {
        self.ended = ended
        for _ in 0..<jobs { start() }
        loop.run()
        loop.close()
        self.ended = { _, _ in }
        if showsProgress { StandardError.write("\r\u{1b}[K") }
        StandardError.finish()
        return summary
    }

    private func start() {
        // Without a reader of the output, no further history is needed.
        guard let seed = next, StandardOutput.failure == nil else { return }
        next = seed < seeds.upperBound ? seed + 1 : nil
        let options = options
        Work.run(on: loop) {
            Simulation.run(seed: seed, options: options)
        } done: { [self] outcome in
            early[seed] = outcome
            count()
            start()
        }
    }

    private func count() {
        while let outcome = early.removeValue(forKey: nextToCount) {
            summary.add(outcome, seed: nextToCount)
            // FNV-1a over the histories' own hashes.
            hash = (hash ^ outcome.hash) &* 0x0000_0100_0000_01b3
            ended(nextToCount, outcome)
            nextToCount += 1
        }
        if showsProgress {
            StandardError.write("\r\(summary.runs) of \(seeds.count) histories, \(summary.failed.count) failed")
        }
    }
}

/// Holds back lines that repeat. The first one is written at once. As long as it repeats, a summary then says how
/// often, after growing pauses.
///
///     said      1 . . . . . . . . . 10 more . . . . . . . . . . . . . . . . . . . 20 more …
///     happened  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
///
/// The filter has no clock: the moments are nanoseconds of a monotonic clock.
struct RepeatFilter<Line> {
    /// A summary of lines that were held back, due now.
    struct Summary {
        /// The last of these lines.
        var line: Line
        /// How often the line came since it was last written.
        var count: Int
        /// The time since then, in nanoseconds.
        var elapsed: UInt64
    }

    enum Verdict {
        case say
        case summarise(Summary)
        case holdBack
    }

    private struct Memory {
        var told: UInt64
        var seen: UInt64
        var pause: UInt64
        var heldBack = 0
        var line: Line
        var freely: Int
    }

    private let limits: LogLimits
    private var memories: [String: Memory] = [:]

    init(_ limits: LogLimits = LogLimits()) {
        self.limits = limits
    }

    /// - Parameters:
    ///   - fault: lines of one fault count as the same line, whatever their text.
    ///   - atOnce: how often the line is written before repetitions are held back.
    ///   - overdue: gets the summary of a fault that had to be forgotten for this one.
    mutating func admit(
        _ line: Line, fault: String, atOnce: Int, at now: UInt64, overdue: (Summary) -> Void = { _ in }
    ) -> Verdict {
        guard var memory = memories[fault], memory.heldBack > 0 || now - memory.seen < nanoseconds(limits.quiet) else {
            forgetOldest(for: fault, at: now, overdue)
            memories[fault] = Memory(
                told: now, seen: now, pause: nanoseconds(limits.firstPause), line: line, freely: atOnce - 1)
            return .say
        }
        defer { memories[fault] = memory }
        memory.seen = now
        memory.line = line
        if memory.freely > 0 {
            memory.freely -= 1
            memory.told = now
            return .say
        }
        memory.heldBack += 1
        guard now - memory.told >= memory.pause else { return .holdBack }
        return .summarise(summarise(&memory, at: now))
    }

    /// When the next summary is due; nil if nothing is held back.
    var nextDue: UInt64? {
        memories.values.lazy.filter { $0.heldBack > 0 }.map { $0.told + $0.pause }.min()
    }

    /// The summaries that are due, or all.
    mutating func due(at now: UInt64, all: Bool = false) -> [Summary] {
        let due = memories.filter { $0.value.heldBack > 0 && (all || now - $0.value.told >= $0.value.pause) }
        return due.sorted { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }.map { fault, memory in
            var memory = memory
            defer { memories[fault] = memory }
            return summarise(&memory, at: now)
        }
    }

    private func summarise(_ memory: inout Memory, at now: UInt64) -> Summary {
        let summary = Summary(line: memory.line, count: memory.heldBack, elapsed: now - memory.told)
        memory.told = now
        memory.heldBack = 0
        memory.pause = min(memory.pause * 2, nanoseconds(limits.longestPause))
        return summary
    }

    /// Forgets the line that came the longest ago, if the memory is full.
    private mutating func forgetOldest(for fault: String, at now: UInt64, _ overdue: (Summary) -> Void) {
        guard memories[fault] == nil, memories.count >= limits.remembered else { return }
        guard let oldest = memories.min(by: { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }) else { return }
        memories[oldest.key] = nil
        var memory = oldest.value
        if memory.heldBack > 0 { overdue(summarise(&memory, at: now)) }
    }

    private func nanoseconds(_ duration: Duration) -> UInt64 {
        UInt64(max(0, duration / .nanoseconds(1)))
    }
}

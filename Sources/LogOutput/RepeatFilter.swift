/// Holds back what is said again and again: the first one is said at once, then, for as long as it goes on, how often
/// it was said meanwhile, at growing pauses.
///
///     said      1 . . . . . . . . . 10 more . . . . . . . . . . . . . . . . . . . 20 more …
///     happened  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
///
/// It has no clock: the moments are nanoseconds of a monotonic one.
struct RepeatFilter<Line> {
    /// Something that was held back and is due now.
    struct Summary {
        /// As it was said last.
        var line: Line
        /// How often it was said since it was told last.
        var count: Int
        /// Since then, in nanoseconds.
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
    ///   - fault: two lines of one fault are the same, whatever they say.
    ///   - atOnce: how often it may be said before it is held back.
    ///   - overdue: gets what had to be forgotten for this one, and was held back.
    mutating func admit(
        _ line: Line, fault: String, atOnce: Int, at now: UInt64, overdue: (Summary) -> Void = { _ in }
    ) -> Verdict {
        guard var memory = memories[fault], memory.heldBack > 0 || now - memory.seen < nanoseconds(limits.quiet) else {
            makeRoom(for: fault, at: now, overdue)
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

    /// When something is due that is held back; nil if nothing is.
    var nextDue: UInt64? {
        memories.values.lazy.filter { $0.heldBack > 0 }.map { $0.told + $0.pause }.min()
    }

    /// What was held back for long enough, or all of it.
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

    /// What was said the longest ago is forgotten.
    private mutating func makeRoom(for fault: String, at now: UInt64, _ overdue: (Summary) -> Void) {
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

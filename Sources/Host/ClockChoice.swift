import Tree

/// Chooses which of several clock servers is asked: the one that answers, for as long as it answers.
///
/// Only one of them leads. The others say that they stand by, and mostly name the leader. A named leader is tried once,
/// since the information may be out of date: a leader that has just died is named until its lease ends.
struct ClockChoice {
    private let clocks: [Address]
    private var index = 0
    /// A clock that a standby has named.
    private var named: Address?
    /// The clock that didn't answer when it was asked last.
    private var silent: Address?
    /// How many clocks in a row had no stamps.
    private var fruitless = 0
    /// Clocks that answer and have no stamps, and until when they aren't asked, in nanoseconds of the monotonic clock.
    private var pauses: [Address: (until: UInt64, length: UInt64)] = [:]

    /// - Parameter clocks: at least one.
    init(_ clocks: [Address]) {
        precondition(!clocks.isEmpty, "a choice of no clocks")
        self.clocks = clocks
    }

    /// The clock to ask now.
    var target: Address { named ?? clocks[index] }

    /// Whether all clocks have been tried since one had stamps, some of them perhaps more than once: then a pause is
    /// due.
    var hasTriedAll: Bool { fruitless > 0 && fruitless % clocks.count == 0 }

    mutating func answered() {
        fruitless = 0
        silent = nil
        pauses[target] = nil
        // Usually it is one of the configured clocks; otherwise it stays the named one.
        if let named, let known = clocks.firstIndex(of: named) {
            index = known
            self.named = nil
        }
    }

    /// The clock gave no answer, or one that makes no sense.
    mutating func failed() {
        silent = target
        advance()
    }

    /// The clock answers, and not with stamps: it isn't asked for a while, which grows each time.
    ///
    /// - Parameter isClock: whether it gave a reason, as only a clock does.
    mutating func hasNone(isClock: Bool, at now: UInt64) {
        let longest = isClock ? Settings.clockRefusalNanoseconds : Settings.clockPauseNanoseconds.upperBound
        let length = min(longest, pauses[target].map { $0.length * 3 / 2 } ?? Settings.clockPauseNanoseconds.lowerBound)
        pauses[target] = (now + length / 8 * UInt64.random(in: 7...9), length)
        failed()
    }

    /// Skips clocks that may not be asked now.
    ///
    /// - Returns: false if there is none that may be asked.
    mutating func skipPaused(at now: UInt64) -> Bool {
        func isPaused(_ clock: Address) -> Bool { pauses[clock].map { $0.until > now } ?? false }
        if let named, isPaused(named) { self.named = nil }
        for _ in clocks where isPaused(target) { index = (index + 1) % clocks.count }
        return !isPaused(target)
    }

    /// The clock stands by, and perhaps names the leader.
    mutating func standsBy(leader: Address?) {
        let asked = target
        // The answer of a clock that was itself only named isn't followed: two that name each other would be asked for
        // ever.
        let isListed = named == nil
        advance()
        if let leader, isListed, leader != asked, leader != silent { named = leader }
    }

    private mutating func advance() {
        fruitless += 1
        if named == nil { index = (index + 1) % clocks.count }
        named = nil
    }
}

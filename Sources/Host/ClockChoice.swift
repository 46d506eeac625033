import Tree

/// Which of several clocks is asked: the one that answers, for as long as it answers.
///
/// Only one of them leads. The others say so, and mostly they know which one; what they say is tried once, since it may
/// be out of date: a leader that has just died is named until its lease ends.
struct ClockChoice {
    private let clocks: [Address]
    private var index = 0
    /// A clock that a standby has named.
    private var named: Address?
    /// Who didn't answer when it was asked last.
    private var silent: Address?
    /// How many in a row had no stamps.
    private var fruitless = 0
    /// Those that answer and have no stamps, and until when they aren't asked, by the monotonic clock in nanoseconds.
    private var pauses: [Address: (until: UInt64, length: UInt64)] = [:]

    /// - Parameter clocks: at least one.
    init(_ clocks: [Address]) {
        precondition(!clocks.isEmpty, "a choice of no clocks")
        self.clocks = clocks
    }

    /// Where to ask now.
    var target: Address { named ?? clocks[index] }

    /// All of them have been tried since one had stamps, and perhaps some of them more than once: time for a pause.
    var hasTriedAll: Bool { fruitless > 0 && fruitless % clocks.count == 0 }

    mutating func answered() {
        fruitless = 0
        silent = nil
        pauses[target] = nil
        // It is among ours as a rule; one that isn't is kept as the one that was named.
        if let named, let known = clocks.firstIndex(of: named) {
            index = known
            self.named = nil
        }
    }

    /// It said nothing, or nothing that makes sense.
    mutating func failed() {
        silent = target
        goOn()
    }

    /// It answers, and not with stamps. Each time it isn't asked for longer.
    ///
    /// - Parameter isClock: it gave a reason, as a clock does.
    mutating func hasNone(isClock: Bool, at now: UInt64) {
        let longest = isClock ? Settings.clockRefusalNanoseconds : Settings.clockPauseNanoseconds.upperBound
        let length = min(longest, pauses[target].map { $0.length * 3 / 2 } ?? Settings.clockPauseNanoseconds.lowerBound)
        pauses[target] = (now + length / 8 * UInt64.random(in: 7...9), length)
        failed()
    }

    /// Puts a clock that may be asked now in the place of one that may not. False if there is none.
    mutating func skipPaused(at now: UInt64) -> Bool {
        func isPaused(_ clock: Address) -> Bool { pauses[clock].map { $0.until > now } ?? false }
        if let named, isPaused(named) { self.named = nil }
        for _ in clocks where isPaused(target) { index = (index + 1) % clocks.count }
        return !isPaused(target)
    }

    /// It has no stamps, and perhaps knows who has.
    mutating func standsBy(leader: Address?) {
        let asked = target
        // Words of one that was only named itself are not followed: two that name each other would be asked for ever.
        let isListed = named == nil
        goOn()
        if let leader, isListed, leader != asked, leader != silent { named = leader }
    }

    private mutating func goOn() {
        fruitless += 1
        if named == nil { index = (index + 1) % clocks.count }
        named = nil
    }
}

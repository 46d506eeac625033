/// What one client has received of each sender, and which faults of the server that shows.
///
/// A sender numbers its messages without holes, and they have to arrive in that order. So one number for each sender is
/// enough: the next to come. A message that was skipped is remembered. If it comes later, it was out of order. If it
/// hasn't come when the run ends, it was lost.
struct SenderOrder {
    enum Verdict: Equatable {
        case inOrder
        /// The message skips some that have not come yet.
        case early
        /// The message had been skipped.
        case late
        case doubled
    }

    /// The next sequence of each sender. It is `unknown` until the first message, for a client that joined while
    /// messages were sent.
    private(set) var next: [UInt32]
    private var missing: [Int: [ClosedRange<UInt32>]] = [:]

    static let unknown = UInt32.max

    /// - Parameter next: the first sequence that has to come of each sender: 0 for a client that was there from the
    ///   start.
    init(senders: Int, next: UInt32 = 0) {
        self.next = Array(repeating: next, count: senders)
    }

    mutating func expect(_ sequence: UInt32, of sender: Int) {
        next[sender] = sequence
    }

    @inline(__always)
    func isNext(_ number: MessageNumber) -> Bool {
        number.sender < next.count && next[number.sender] == number.sequence
    }

    @inline(__always)
    mutating func take(_ number: MessageNumber) -> Verdict {
        let expected = next[number.sender]
        if number.sequence == expected || expected == Self.unknown {
            next[number.sender] = number.sequence &+ 1
            return .inOrder
        }
        return takeUnexpected(number, expected)
    }

    private mutating func takeUnexpected(_ number: MessageNumber, _ expected: UInt32) -> Verdict {
        let sequence = number.sequence
        if sequence > expected {
            missing[number.sender, default: []].append(expected...sequence - 1)
            next[number.sender] = sequence + 1
            return .early
        }
        guard var ranges = missing[number.sender], let index = ranges.firstIndex(where: { $0.contains(sequence) })
        else { return .doubled }
        let range = ranges[index]
        var rest: [ClosedRange<UInt32>] = []
        if range.lowerBound < sequence { rest.append(range.lowerBound...sequence - 1) }
        if sequence < range.upperBound { rest.append(sequence + 1...range.upperBound) }
        ranges.replaceSubrange(index...index, with: rest)
        missing[number.sender] = ranges
        return .late
    }

    /// How many messages never came, if each sender has sent this many.
    func lost(ofSent sent: [UInt32]) -> Int {
        var count = 0
        for (next, sent) in zip(next, sent) where next != Self.unknown && next < sent { count += Int(sent - next) }
        // The sum doesn't depend on the order of the dictionary.
        for ranges in missing.values { for range in ranges { count += range.count } }
        return count
    }
}

/// Faulty deliveries. Each is counted once for each client that it happened to.
struct Faults: Equatable {
    var lost = 0
    var doubled = 0
    var outOfOrder = 0
    var corrupted = 0

    var total: Int { lost + doubled + outOfOrder + corrupted }

    static func += (one: inout Faults, other: Faults) {
        one.lost += other.lost
        one.doubled += other.doubled
        one.outOfOrder += other.outOfOrder
        one.corrupted += other.corrupted
    }
}

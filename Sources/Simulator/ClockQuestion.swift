import Tree

/// The question to the clock that is under way, if there is one.
struct ClockQuestion {
    private var current: (number: Int, count: Int, seen: Stamp)?
    private var last = 0

    /// - Returns: the question's number.
    mutating func begin(_ count: Int, _ seen: Stamp) -> Int {
        last += 1
        current = (last, count, seen)
        return last
    }

    /// The question; nil if it is no longer under way.
    func open(_ number: Int) -> (count: Int, seen: Stamp)? {
        guard let current, current.number == number else { return nil }
        return (current.count, current.seen)
    }

    /// Ends the question. False if it is no longer under way.
    mutating func end(_ number: Int) -> Bool {
        guard current?.number == number else { return false }
        current = nil
        return true
    }

    mutating func abandon() { current = nil }
}

/// Remembers which numbered messages of which sessions have been shown.
///
/// One message may come under two ids: its sender repeated it at another node before the first copy had got there. The
/// sender's own number shows that. A number counts under one name only, since the names of sessions are public.
struct Doubles {
    private struct Key: Hashable {
        let user: String
        let session: String
    }

    private struct Shown {
        /// Ranges of numbers, ascending, with holes between them. Usually there is one.
        var ranges: [ClosedRange<UInt64>]
        var lastUse: UInt64
    }

    private var shown: [Key: Shown] = [:]
    private var uses: UInt64 = 0

    /// - Returns: true if this message has not been shown before.
    mutating func isFirst(user: String, session: String, sequence: UInt64) -> Bool {
        uses += 1
        let key = Key(user: user, session: session)
        let isFirst = shown[key, default: Shown(ranges: [], lastUse: 0)].ranges.insert(sequence)
        shown[key]!.lastUse = uses
        if shown.count > SessionLimits.sessions { forgetHalf() }
        return isFirst
    }

    private mutating func forgetHalf() {
        let uses = shown.values.map(\.lastUse).sorted()
        let middle = uses[uses.count / 2]
        shown = shown.filter { $0.value.lastUse >= middle }
    }
}

extension [ClosedRange<UInt64>] {
    /// - Returns: false if one of the ranges contains the number already.
    fileprivate mutating func insert(_ number: UInt64) -> Bool {
        // The search begins at the end, since nearly every number is the next one.
        var index = endIndex
        while index > 0, self[index - 1].lowerBound > number { index -= 1 }
        if index > 0, self[index - 1].contains(number) { return false }
        let joinsBefore = index > 0 && self[index - 1].upperBound + 1 == number
        let joinsAfter = index < count && number + 1 == self[index].lowerBound
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            self[index - 1] = self[index - 1].lowerBound...self[index].upperBound
            remove(at: index)
        case (true, false): self[index - 1] = self[index - 1].lowerBound...number
        case (false, true): self[index] = number...self[index].upperBound
        case (false, false): insert(number...number, at: index)
        }
        if count > SessionLimits.sequenceRanges {
            self[0] = self[0].lowerBound...self[1].upperBound
            remove(at: 1)
        }
        return true
    }
}

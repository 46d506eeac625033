/// Takes the time from a fault until the parts that it left hear each other again: for every pair of parts, in both
/// directions, the first message that was said after the fault and is heard across.
struct Crossing {
    let since: Instant
    /// The part that each place belongs to; places that are down belong to none.
    private let partOf: [Int: Int]
    private var saidIn: [Message: Int] = [:]
    private var crossed: [Way: Instant] = [:]

    private struct Message: Hashable {
        let talker: String
        let number: Int
    }

    private struct Way: Hashable {
        let from: Int
        let to: Int
    }

    init(since: Instant, parts: [[Int]]) {
        self.since = since
        var partOf: [Int: Int] = [:]
        for (number, part) in parts.enumerated() {
            for place in part { partOf[place] = number }
        }
        self.partOf = partOf
    }

    mutating func said(_ talker: String, _ number: Int, at place: Int, _ moment: Instant) {
        guard let part = partOf[place], moment >= since else { return }
        saidIn[Message(talker: talker, number: number)] = part
    }

    mutating func heard(_ talker: String, _ number: Int, at place: Int, _ moment: Instant) {
        guard let to = partOf[place], let from = saidIn[Message(talker: talker, number: number)], from != to else {
            return
        }
        let way = Way(from: from, to: to)
        if crossed[way] == nil { crossed[way] = moment }
    }

    private var parts: Int { (partOf.values.max() ?? -1) + 1 }

    var isDone: Bool { crossed.count == parts * (parts - 1) }

    /// From the fault to the last of the ways' first messages; nil: there is nothing to cross, or it isn't done.
    var took: Duration? {
        guard parts > 1, isDone, let last = crossed.values.max() else { return nil }
        return last - since
    }
}

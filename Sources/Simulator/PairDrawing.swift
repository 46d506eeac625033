import Tree

/// Draws the faults that concern pairs of hosts: half of a network is broken, while every host still reaches some other
/// host.
///
/// It has a generator of its own, so that histories without such faults stay as they were before there were any.
struct PairDrawing {
    let drawing: Drawing
    let hosts: Int
    let seed: UInt64
    /// Milliseconds at which the faults begin, and the history ends.
    let begin: Int
    private(set) var end: Int
    private(set) var steps: [Schedule.Step] = []
    private var cuts: Int
    private var chance: RandomNumbers

    init(drawing: Drawing, hosts: Int, seed: UInt64, begin: Int, end: Int, cuts: Int) {
        (self.drawing, self.hosts, self.seed) = (drawing, hosts, seed)
        (self.begin, self.end, self.cuts) = (begin, end, cuts)
        chance = RandomNumbers(seed, 23)
    }

    mutating func draw() {
        var kinds = FaultKind.ofPairs.filter { drawing.faults?.contains($0) ?? true }
        guard hosts > 2, !kinds.isEmpty, drawing.faults != nil || chance.happens(500) else { return }
        kinds = chance.some(chance.within(1...kinds.count), of: kinds)
        // Most last to the end, which then comes later: the other faults have passed by then, and there is time to see
        // that the network is one tree all the same.
        let lasts = chance.happens(700)
        let at = lasts ? chance.within(begin...end) : chance.within(begin...end - 1000)
        let until = lasts ? end + 40_000 : at + chance.pick([3000, 8000, 15_000])
        if lasts { end = until - 500 }
        var ways: [FaultKind: [[Int]]] = [:]
        for kind in kinds { ways[kind] = Array(repeating: [], count: hosts) }
        for (a, b) in pairs() {
            let kind = chance.pick(kinds)
            let (from, to) = chance.happens(500) ? (a, b) : (b, a)
            ways[kind]![from].append(to)
            if kind == .pairs || kind == .barredPairs && chance.happens(500) { ways[kind]![to].append(from) }
        }
        for kind in kinds {
            for host in 0..<hosts where !ways[kind]![host].isEmpty {
                cuts += 1
                let others = ways[kind]![host].sorted()
                steps.append(
                    .init(
                        atMilliseconds: at,
                        kind == .barredPairs
                            ? .bar(cuts, from: [host], to: others) : .cut(cuts, from: [host], to: others)))
                steps.append(.init(atMilliseconds: until, .mend(cuts)))
            }
        }
    }

    /// The pairs that don't reach each other any more.
    private mutating func pairs() -> [(Int, Int)] {
        var all: [(Int, Int)] = []
        for a in 0..<hosts { for b in a + 1..<hosts { all.append((a, b)) } }
        switch chance.below(3) {
        case 0:
            // A few.
            return chance.some(chance.within(1...3), of: all)
        case 1:
            // Two halves with one or two bridges between them.
            let half = Set(chance.some(chance.within(1...hosts - 1), of: Array(0..<hosts)))
            let between = all.filter { half.contains($0.0) != half.contains($0.1) }
            return chance.some(max(1, between.count - chance.within(1...2)), of: between)
        default:
            // Hardly more than a tree is left.
            var joined = [0]
            var kept: Set<Int> = []
            for host in chance.some(hosts - 1, of: Array(1..<hosts)) {
                let other = chance.pick(joined)
                kept.insert(min(host, other) * hosts + max(host, other))
                joined.append(host)
            }
            var left: [(Int, Int)] = []
            for pair in all where !kept.contains(pair.0 * hosts + pair.1) && !chance.happens(150) { left.append(pair) }
            return left
        }
    }
}

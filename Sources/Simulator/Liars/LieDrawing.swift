import Tree

/// Draws the nodes that lie, where that is asked for (`--faults lie`).
///
/// It has a generator of its own, so that histories without liars stay as they were before there were any.
struct LieDrawing {
    let drawing: Drawing
    let hosts: Int
    let seed: UInt64
    /// Milliseconds at which the faults begin, and the history ends.
    let begin: Int
    let end: Int

    func steps() -> [Schedule.Step] {
        var chance = RandomNumbers(seed, 24)
        guard drawing.faults?.contains(.lie) == true else { return [] }
        return (0..<chance.within(1...3)).map { _ in
            .init(
                atMilliseconds: chance.within(begin...end - 1000),
                .lie(host: chance.below(hosts), chance.pick(Lie.allCases)))
        }
    }
}

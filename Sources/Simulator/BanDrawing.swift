import Tree

/// Draws bans, where that is asked for (`--faults ban`, alone or with others).
///
/// It has a generator of its own, so that histories without bans stay as they were before there were any.
struct BanDrawing {
    let drawing: Drawing
    let hosts: Int
    let seed: UInt64
    /// Milliseconds at which the faults begin, and the history ends.
    let begin: Int
    let end: Int

    func steps() -> [Schedule.Step] {
        var chance = RandomNumbers(seed, 25)
        guard drawing.faults?.contains(.ban) == true else { return [] }
        return (0..<chance.within(2...12)).map { _ in
            let (at, host, name) = (chance.within(begin...end - 500), chance.below(hosts), chance.below(3))
            let isLifted = chance.happens(400)
            let seconds = chance.pick([0, 0, 0, chance.within(1...5)])
            return .init(
                atMilliseconds: at,
                isLifted ? .unban(name: name, host: host) : .ban(name: name, host: host, seconds: seconds))
        }
    }
}

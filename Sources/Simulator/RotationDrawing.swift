import Tree

/// Draws changes of the network's secret, where that is asked for (`--faults rotate`): each in the three steps that
/// docs/operations.md describes, every one of them taken by all hosts before the next begins.
///
/// It has a generator of its own, so that histories without it stay as they were before there was any.
struct RotationDrawing {
    let drawing: Drawing
    let hosts: Int
    let seed: UInt64
    /// Milliseconds at which the faults begin, and the history ends.
    let begin: Int
    let end: Int

    func steps() -> [Schedule.Step] {
        guard drawing.faults?.contains(.rotate) == true else { return [] }
        var chance = RandomNumbers(seed, 25)
        var steps: [Schedule.Step] = []
        let rotations = chance.within(1...2)
        let length = (end - begin) / (3 * rotations)
        for step in 0..<3 * rotations {
            let (old, new) = (step / 3, step / 3 + 1)
            let secrets = [[old, new], [new, old], [new]][step % 3]
            for host in 0..<hosts {
                let at = begin + step * length + chance.below(max(1, length * 3 / 4))
                steps.append(.init(atMilliseconds: at, .secrets(host: host, secrets)))
            }
        }
        return steps
    }
}

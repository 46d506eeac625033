import struct Tree.RandomNumbers

/// Everything that a chaos run leaves to chance is drawn from its seed.
///
/// The faults and their order follow from the seed; what the processes make of them depends on the machine, so a seed
/// gives a similar run, not the same one.
extension RandomNumbers {
    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: range, using: &self))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices.randomElement(using: &self)!
    }
}

import Tree

/// The simulation's only source of randomness. Equal seeds draw equal numbers, on every machine.
///
/// A part that draws often has a generator of its own, seeded by its purpose. So leaving a fault out of a schedule
/// changes as little of the rest as possible.
extension RandomNumbers {
    /// A generator for one purpose within a run.
    init(_ seed: UInt64, _ purpose: UInt64, _ number: UInt64 = 0) {
        self.init(seed: Self.mix(seed, Self.mix(purpose, number)))
    }

    /// 0 ..< limit.
    mutating func below(_ limit: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next().multipliedFullWidth(by: range.upperBound - range.lowerBound + 1).high
    }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// True so many times in a thousand.
    mutating func happens(_ perMille: Int) -> Bool { below(1000) < perMille }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Some of the elements, in an order drawn.
    mutating func some<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        var pool = elements
        var drawn: [Element] = []
        while drawn.count < count, !pool.isEmpty { drawn.append(pool.remove(at: below(pool.count))) }
        return drawn
    }

    /// A seed that follows from two others.
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        scrambled(a &* increment ^ scrambled(b &+ 0x632B_E59B_D9B4_E019))
    }

    /// What SplitMix64 adds to its state before each number.
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The number that SplitMix64 makes of a state.
    private static func scrambled(_ state: UInt64) -> UInt64 {
        var numbers = RandomNumbers(seed: state &- increment)
        return numbers.next()
    }
}

/// The simulation's only source of chance: SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
/// Generators", 2014). Equal seeds draw equal numbers, on every machine.
///
/// Whatever draws often has a generator of its own, seeded by what it is for: so a fault that is left out of a schedule
/// changes as little as possible of the rest.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    /// A generator for one purpose within a run.
    init(_ seed: UInt64, _ purpose: UInt64, _ number: UInt64 = 0) {
        self.init(Chance.mix(seed, Chance.mix(purpose, number)))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Chance.scramble(state)
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

    private static func scramble(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        scramble(a &* 0x9E37_79B9_7F4A_7C15 ^ scramble(b &+ 0x632B_E59B_D9B4_E019))
    }
}

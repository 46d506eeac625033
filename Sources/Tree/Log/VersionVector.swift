/// How far a reader or node has got with each origin: the highest sequence that it holds, in the form that is sent.
///
/// Links deliver in order and catching up follows the log, so the entries held of an origin are always a prefix. One
/// number for each origin says exactly which are held (Parker et al., "Detection of Mutual Inconsistency", 1983).
public struct VersionVector: Hashable, Sendable {
    /// One origin, and the highest sequence of it that is held.
    public struct Component: Hashable, Sendable {
        public let origin: Origin
        public let sequence: UInt64

        public init(origin: Origin, sequence: UInt64) {
            self.origin = origin
            self.sequence = sequence
        }
    }

    /// Ascending by origin, each origin once, no zero.
    public private(set) var components: [Component]
    /// The sum of `digest(of:)` over the components that a node leaves out; 0 if it leaves none out.
    public private(set) var leftOut: UInt64 = 0

    public init() {
        components = []
    }

    /// A vector of changes: a component may be 0 here. Each origin appears once.
    public init(changes: [Component]) {
        components = changes.sorted { $0.origin < $1.origin }
    }

    public init(_ unordered: [Component], leftOut: UInt64) {
        self.init(unordered)
        self.leftOut = leftOut
    }

    /// One component as a number. Sums of these don't depend on the order of the components. Each of the three values
    /// goes through the last steps of SplitMix64.
    static func digest(of component: Component) -> UInt64 {
        var digest: UInt64 = 0
        for value in [component.origin.node.value, component.origin.incarnation.value, component.sequence] {
            var z = (digest ^ value) &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            digest = z ^ (z >> 31)
        }
        return digest
    }

    /// If an origin appears twice, the higher sequence counts.
    public init(_ unordered: [Component]) {
        components = []
        components.reserveCapacity(unordered.count)
        for component in unordered.sorted(by: { ($0.origin, $0.sequence) < ($1.origin, $1.sequence) })
        where component.sequence > 0 {
            if components.last?.origin == component.origin { components.removeLast() }
            components.append(component)
        }
    }

    /// The highest sequence of an origin; 0 if nothing of it is held.
    public subscript(origin: Origin) -> UInt64 {
        let index = components.partitioningIndex { $0.origin >= origin }
        return index < components.count && components[index].origin == origin ? components[index].sequence : 0
    }
}

/// The origins that a node has heard of, numbered in the order in which it heard of them. Inside a node an origin is
/// known by this number, so a version vector is a plain array.
struct OriginTable {
    private(set) var origins: [Origin] = []
    private var numbers: [Origin: Int] = [:]

    /// The number of an origin. An origin without one gets the next number.
    mutating func number(of origin: Origin) -> Int {
        if let number = numbers[origin] { return number }
        numbers[origin] = origins.count
        origins.append(origin)
        return origins.count - 1
    }

    func knownNumber(of origin: Origin) -> Int? { numbers[origin] }
}

/// A version vector by origin number: 0 for an origin of which nothing is held. `raise` never lowers a mark.
struct Marks: Equatable {
    private var sequences: [UInt64] = []

    init() {}

    /// - Parameter sequences: one for each origin, by number.
    init(_ sequences: [UInt64]) { self.sequences = sequences }

    subscript(number: Int) -> UInt64 {
        number < sequences.count ? sequences[number] : 0
    }

    /// True if the mark rose.
    @discardableResult
    mutating func raise(_ number: Int, to sequence: UInt64) -> Bool {
        if number >= sequences.count {
            sequences.append(contentsOf: repeatElement(0, count: number + 1 - sequences.count))
        }
        guard sequences[number] < sequence else { return false }
        sequences[number] = sequence
        return true
    }

    /// Raises each mark to that of `other`, where that is higher.
    mutating func raise(to other: Marks) {
        for (number, sequence) in other.sequences.enumerated() { raise(number, to: sequence) }
    }

    /// Sets a mark, which may lower it: what a branch holds falls when a node that holds less joins it.
    mutating func set(_ number: Int, to sequence: UInt64) {
        raise(number, to: 0)
        guard number < sequences.count || sequence > 0 else { return }
        if number >= sequences.count {
            sequences.append(contentsOf: repeatElement(0, count: number + 1 - sequences.count))
        }
        sequences[number] = sequence
    }

    /// The components that differ from `earlier`.
    func changes(since earlier: Marks, of table: OriginTable) -> [VersionVector.Component] {
        (0..<max(sequences.count, earlier.sequences.count)).compactMap { number in
            self[number] == earlier[number] ? nil : .init(origin: table.origins[number], sequence: self[number])
        }
    }

    func vector(of table: OriginTable) -> VersionVector {
        VersionVector(
            sequences.indices.map { VersionVector.Component(origin: table.origins[$0], sequence: sequences[$0]) })
    }
}

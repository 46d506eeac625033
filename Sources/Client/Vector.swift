import Wire

/// How far a client has received the entries of every origin. It resumes from there at another node.
public struct Vector: Equatable, Sendable {
    /// The highest received sequence of each origin, by the origin's name.
    private(set) var sequences: [String: UInt64] = [:]

    public init() {}

    public init(_ sequences: [String: UInt64]) {
        self.sequences = sequences
    }

    /// The highest received sequence of an origin; 0 if none was received.
    public subscript(origin: String) -> UInt64 { sequences[origin] ?? 0 }

    /// Counts everything of the origin up to this sequence as received.
    public mutating func raise(_ origin: String, to sequence: UInt64) {
        sequences[origin] = max(self[origin], sequence)
    }

    /// Whether this entry was received.
    public func covers(_ id: EntryName) -> Bool { id.sequence <= self[id.origin] }

    /// Whether everything in the other vector was received.
    public func covers(_ other: Vector) -> Bool {
        other.sequences.allSatisfy { $0.value <= self[$0.key] }
    }
}

import Wire

/// How far a client has received the entries of every origin. It resumes from there at another node.
public struct Vector: Equatable, Sendable {
    private struct Place: Equatable {
        /// The highest received sequence.
        var sequence: UInt64
        /// Greater than that of each origin that was heard before.
        var lastUse: UInt64
    }

    private var places: [String: Place] = [:]
    private var uses: UInt64 = 0

    public init() {}

    public init(_ sequences: [String: UInt64]) {
        places = sequences.mapValues { Place(sequence: $0, lastUse: 0) }
    }

    /// The highest received sequence of the origins that were heard last, by the origin's name.
    ///
    /// - Parameter limit: of how many origins.
    func sequences(ofNewest limit: Int) -> [String: UInt64] {
        guard places.count > limit else { return places.mapValues(\.sequence) }
        let newest = places.sorted { $0.value.lastUse > $1.value.lastUse }.prefix(limit)
        return Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value.sequence) })
    }

    /// The highest received sequence of an origin; 0 if none was received.
    public subscript(origin: String) -> UInt64 { places[origin]?.sequence ?? 0 }

    /// Counts everything of the origin up to this sequence as received.
    public mutating func raise(_ origin: String, to sequence: UInt64) {
        uses += 1
        places[origin] = Place(sequence: max(self[origin], sequence), lastUse: uses)
    }

    /// Whether this entry was received.
    public func covers(_ id: EntryName) -> Bool { id.sequence <= self[id.origin] }

    /// Whether everything in the other vector was received.
    public func covers(_ other: Vector) -> Bool {
        other.places.allSatisfy { $0.value.sequence <= self[$0.key] }
    }
}

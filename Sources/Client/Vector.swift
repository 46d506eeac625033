import JSON

/// How far a client has got with every origin: where it goes on at another node.
public struct Vector: Equatable, Sendable {
    private var sequences: [String: UInt64] = [:]

    public init() {}

    public init(_ sequences: [String: UInt64]) {
        self.sequences = sequences
    }

    /// What isn't a count is left out.
    init(_ members: JSONMembers) {
        for member in members.list {
            sequences[member.key] = member.value.integer.flatMap { UInt64(exactly: $0) }
        }
    }

    /// Zero where nothing was received.
    public subscript(origin: String) -> UInt64 { sequences[origin] ?? 0 }

    public mutating func raise(_ origin: String, to sequence: UInt64) {
        sequences[origin] = max(self[origin], sequence)
    }

    public func covers(_ id: EntryName) -> Bool { id.sequence <= self[id.origin] }

    public func covers(_ other: Vector) -> Bool {
        other.sequences.allSatisfy { $0.value <= self[$0.key] }
    }

    /// In the order of the origins' names.
    var json: JSONValue {
        var members = JSONMembers()
        for (origin, sequence) in sequences.sorted(by: { $0.key < $1.key }) {
            members[origin] = .integer(Int64(clamping: sequence))
        }
        return .object(members)
    }
}

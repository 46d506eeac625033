import HeapModule

/// Which connection something is due of, or due to, and when: one deadline for each that has one.
///
/// Thousands may wait at once, and nothing is looked at before the first of them is due. A heap holds the deadlines;
/// what was replaced or taken back stays in it until its time, or until there is more of that than of the rest.
struct Deadlines {
    private struct Entry: Comparable {
        let instant: Instant
        let connection: ConnectionID

        static func < (a: Entry, b: Entry) -> Bool { (a.instant, a.connection) < (b.instant, b.connection) }
    }

    private var heap = Heap<Entry>()
    private var instants: [ConnectionID: Instant] = [:]

    var count: Int { instants.count }
    /// The same with what was replaced or taken back.
    var keptCount: Int { heap.count }

    subscript(connection: ConnectionID) -> Instant? { instants[connection] }

    /// The deadline of a connection, in the place of the one that it had.
    mutating func set(_ connection: ConnectionID, at instant: Instant) {
        instants[connection] = instant
        heap.insert(Entry(instant: instant, connection: connection))
        giveBack()
    }

    mutating func clear(_ connection: ConnectionID) {
        guard !instants.isEmpty, instants.removeValue(forKey: connection) != nil else { return }
        giveBack()
    }

    /// When the first one is due; nil if there is none.
    mutating func next() -> Instant? {
        while let first = heap.min {
            if instants[first.connection] == first.instant { return first.instant }
            heap.removeMin()
        }
        return nil
    }

    /// Takes the first connection whose time has come. It has no deadline any more.
    mutating func takeDue(at now: Instant) -> ConnectionID? {
        guard let next = next(), next <= now else { return nil }
        let connection = heap.removeMin().connection
        instants[connection] = nil
        return connection
    }

    private mutating func giveBack() {
        guard heap.count > 2 * instants.count + 64 else { return }
        heap = Heap(instants.map { Entry(instant: $0.value, connection: $0.key) })
    }
}

import Tree

/// What one client has read, in order. The client resumes from it, and the promises are checked with it.
///
/// A client that resumes keeps its view. A client that can't begins a new one with every login.
struct View {
    /// Where the view begins: the highest safe sequence at the client's node at its first login, by origin number.
    private(set) var start = Table()
    /// How far the client has read each origin.
    private(set) var read = Table()
    /// The gaps that the client was told of.
    private(set) var gaps: [Log.Gap] = []
    /// After which login the client saw each message of each client, by number; 0 if it hasn't.
    private var seen: [[Int]] = []
    /// The last message of each client, by era.
    private var last: [(era: Int, number: Int)] = []
    /// The messages seen last, which the client may answer.
    private(set) var recent: [(client: Int, number: Int)] = []
    private(set) var count = 0
    /// The greatest entry in the total order that the client was shown.
    private(set) var lastKey: OrderKey?

    /// Sequences by origin number.
    struct Table {
        private(set) var sequences: [UInt64] = []

        subscript(number: Int) -> UInt64 { number < sequences.count ? sequences[number] : 0 }

        mutating func raise(_ number: Int, to sequence: UInt64) {
            if number >= sequences.count {
                sequences.append(contentsOf: repeatElement(0, count: number + 1 - sequences.count))
            }
            sequences[number] = max(sequences[number], sequence)
        }

        mutating func set(_ number: Int, to sequence: UInt64) {
            raise(number, to: 0)
            sequences[number] = sequence
        }
    }

    mutating func begin(_ vector: VersionVector, _ registry: Registry) {
        for component in vector.components {
            let number = registry.number(of: component.origin)
            start.raise(number, to: component.sequence)
            read.raise(number, to: component.sequence)
        }
    }

    /// To be called for an entry that was said long before the view began, by an origin that has retired. The vector of
    /// the login leaves that origin out.
    mutating func beginAfter(_ number: Int, _ sequence: UInt64) { start.raise(number, to: sequence) }

    func since(_ registry: Registry) -> VersionVector {
        VersionVector(
            read.sequences.indices.map { .init(origin: registry.origins[$0], sequence: read.sequences[$0]) })
    }

    mutating func sawPlace(_ key: OrderKey) { lastKey = max(lastKey ?? key, key) }

    /// To be called when entries will never come. All entries before them have come: the rest of them is nothing for
    /// clients.
    mutating func skip(_ gap: Log.Gap, _ registry: Registry) {
        gaps.append(gap)
        read.raise(registry.number(of: gap.origin), to: gap.through)
    }

    mutating func passed(_ number: Int, _ sequence: UInt64) { read.raise(number, to: sequence) }

    func hasSeen(_ client: Int, _ number: Int) -> Bool {
        seenAfterLogin(client, number) > 0
    }

    func seenAfterLogin(_ client: Int, _ number: Int) -> Int {
        client < seen.count && number < seen[client].count ? seen[client][number] : 0
    }

    /// The number of the last message seen of a client in an era; 0 for none.
    func lastNumber(of client: Int, era: Int) -> Int {
        guard client < last.count, last[client].era == era else { return 0 }
        return last[client].number
    }

    mutating func see(_ saying: Saying, login: Int) {
        while seen.count <= saying.client {
            seen.append([])
            last.append((0, 0))
        }
        while seen[saying.client].count <= saying.number { seen[saying.client].append(0) }
        seen[saying.client][saying.number] = login
        if saying.era >= last[saying.client].era { last[saying.client] = (saying.era, saying.number) }
        recent.append((saying.client, saying.number))
        if recent.count > 8 { recent.removeFirst() }
        count += 1
    }
}

/// What the whole world shares: origins by number, and every entry that was ever accepted.
final class Registry {
    private(set) var origins: [Origin] = []
    private var numbers: [Origin: Int] = [:]
    /// The entries by origin number, then by sequence.
    private(set) var entries: [[Record?]] = []

    /// One entry as its origin stored it, and how many nodes have it.
    struct Record {
        let entry: Entry
        /// How many nodes have ever stored it.
        var holders = 0
        /// The highest safe sequences at its origin when it was accepted there, by origin number: it may answer these
        /// entries.
        let past: [UInt64]
        /// The greatest number of copies that a client was told of.
        var shownCopies = 0
        /// Whether it may be lost, since more nodes failed at once than the promise allows for.
        var isExcused = false
    }

    func number(of origin: Origin) -> Int {
        if let number = numbers[origin] { return number }
        numbers[origin] = origins.count
        origins.append(origin)
        entries.append([])
        return origins.count - 1
    }

    func record(_ number: Int, _ sequence: UInt64) -> Record? {
        guard sequence > 0, sequence <= entries[number].count else { return nil }
        return entries[number][Int(sequence) - 1]
    }

    func add(_ entry: Entry, number: Int, past: [UInt64]) {
        while entries[number].count < Int(entry.sequence) { entries[number].append(nil) }
        entries[number][Int(entry.sequence) - 1] = Record(entry: entry, past: past)
    }

    func change(_ number: Int, _ sequence: UInt64, _ body: (inout Record) -> Void) {
        guard sequence > 0, sequence <= entries[number].count, entries[number][Int(sequence) - 1] != nil else { return }
        body(&entries[number][Int(sequence) - 1]!)
    }
}

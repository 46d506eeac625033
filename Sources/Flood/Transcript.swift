import Wire

/// Everything that one server has sent to its clients: the messages' bytes, once, one after the other, as they came,
/// and checked.
///
/// Every client of a server gets the same bytes. So the first client that gets a message checks it and writes it down
/// here. For every other client the check is one comparison of what it got with the bytes here, however many messages
/// they are.
///
/// ```
///            first                                    end
///   ┌──────────┬──────────┬──────────┬──────────┬──────┐
///   │ message  │ message  │ message  │ message  │      │  bytes
///   └──────────┴──────────┴──────────┴──────────┴──────┘
///        ▲ a client              ▲ clients             ▲ the one who leads
/// ```
/// The transcript contains only correct messages: each is whole and undamaged, and those of each sender are in order
/// and without a hole. A client that gets something else leaves it and is checked alone (`Audience`). When the
/// transcript grows too long, its beginning is dropped.
struct Transcript {
    struct Entry {
        /// The end of the message, counted from the first byte ever written.
        var end: UInt64
        var sentAt: UInt64
        var sender: UInt32
        var sequence: UInt32
        /// What the server calls the message: the index of the origin in `origins`, and the number; 0 without a name.
        var origin: UInt32 = 0
        var name: UInt64 = 0
    }

    /// How many bytes are kept. When there are more, half of them are dropped.
    private let mostBytes: Int
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// How many bytes, and below it how many messages, were dropped.
    private(set) var start: UInt64 = 0
    private(set) var firstIndex = 0
    /// The next sequence of each sender.
    private(set) var order: SenderOrder
    private var origins: [String] = []
    /// The last dropped message of each origin.
    private var droppedNames: [UInt64] = []

    init(senders: Int, mostBytes: Int) {
        self.mostBytes = mostBytes
        order = SenderOrder(senders: senders)
    }

    var end: UInt64 { start + UInt64(bytes.count) }
    var endIndex: Int { firstIndex + entries.count }

    subscript(index: Int) -> Entry {
        @inline(__always) get { entries[index - firstIndex] }
    }

    /// The offset at which a message begins; of `endIndex`, the end.
    func beginning(of index: Int) -> UInt64 {
        index == firstIndex ? start : entries[index - firstIndex - 1].end
    }

    /// Whether the transcript has these bytes from the offset on.
    @inline(__always)
    func holds(_ other: RawSpan, at offset: UInt64) -> Bool {
        let place = Int(offset - start)
        return Bytes.areEqual(bytes.span.bytes.extracting(place..<place + other.byteCount), other)
    }

    /// Appends a message that is undamaged and the next of its sender.
    ///
    /// - Parameter name: what the server calls it.
    mutating func append(_ frame: RawSpan, _ number: MessageNumber, name: EntryName? = nil) {
        _ = order.take(number)
        Bytes.append(frame, to: &bytes)
        var entry = Entry(
            end: end, sentAt: number.sentAt, sender: UInt32(truncatingIfNeeded: number.sender),
            sequence: number.sequence)
        if let name {
            entry.origin = index(ofOrigin: name.origin)
            entry.name = name.sequence
        }
        entries.append(entry)
    }

    private mutating func index(ofOrigin origin: String) -> UInt32 {
        if let known = origins.firstIndex(of: origin) { return UInt32(known) }
        origins.append(origin)
        droppedNames.append(0)
        return UInt32(origins.count - 1)
    }

    var isFull: Bool { bytes.count > mostBytes }

    /// The first message to keep when the transcript is too long.
    func firstToKeep() -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end < end - UInt64(mostBytes / 2) { low = middle + 1 } else { high = middle }
        }
        return firstIndex + low
    }

    /// Drops the oldest messages. No client may have a position among them.
    mutating func drop(before index: Int) {
        for entry in entries[..<(index - firstIndex)] where entry.name > 0 {
            droppedNames[Int(entry.origin)] = entry.name
        }
        let newStart = beginning(of: index)
        bytes.removeFirst(Int(newStart - start))
        entries.removeFirst(index - firstIndex)
        start = newStart
        firstIndex = index
    }

    /// The index of a message, searched from the end.
    func index(of number: MessageNumber) -> Int? {
        guard number.sender < order.next.count, number.sequence < order.next[number.sender] else { return nil }
        var index = entries.count - 1
        while index >= 0 {
            if entries[index].sequence == number.sequence, entries[index].sender == UInt32(number.sender) {
                return firstIndex + index
            }
            index -= 1
        }
        return nil
    }

    /// The next sequences of each sender for a client that has read up to a message.
    func order(at index: Int) -> SenderOrder {
        var order = order
        var isKnown = Array(repeating: false, count: order.next.count)
        for entry in entries[(index - firstIndex)...] where !isKnown[Int(entry.sender)] {
            isKnown[Int(entry.sender)] = true
            order.expect(entry.sequence, of: Int(entry.sender))
        }
        return order
    }

    /// What a client that has read up to a message has seen of each origin.
    ///
    /// - Parameter start: what it had seen when it came.
    func seen(at index: Int, from start: [String: UInt64]) -> [String: UInt64] {
        var seen = start
        var isKnown = Array(repeating: false, count: origins.count)
        var left = origins.count
        func raise(_ origin: Int, to name: UInt64) {
            isKnown[origin] = true
            left -= 1
            if name > 0 { seen[origins[origin]] = max(seen[origins[origin]] ?? 0, name) }
        }
        for entry in entries[..<(index - firstIndex)].reversed() where left > 0 {
            if entry.name > 0, !isKnown[Int(entry.origin)] { raise(Int(entry.origin), to: entry.name) }
        }
        for origin in origins.indices where !isKnown[origin] { raise(origin, to: droppedNames[origin]) }
        return seen
    }

    /// How many messages before an index should have been sent at this time or later.
    func count(before index: Int, sentFrom time: UInt64) -> Int {
        entries[..<(index - firstIndex)].reduce(0) { $0 + ($1.sentAt >= time ? 1 : 0) }
    }
}

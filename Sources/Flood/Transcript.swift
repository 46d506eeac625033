/// What one server has sent to everybody, once, checked: the messages' bytes one after the other, as they came.
///
/// Every client of a server gets the same bytes. So the first one to get a message checks it and writes it down here,
/// and for all others the check is one comparison of what they got with what stands here, however many messages that
/// is.
///
/// ```
///            first                                    end
///   ┌──────────┬──────────┬──────────┬──────────┬──────┐
///   │ message  │ message  │ message  │ message  │      │  bytes
///   └──────────┴──────────┴──────────┴──────────┴──────┘
///        ▲ a client              ▲ clients             ▲ the one who leads
/// ```
/// Nothing stands in it that isn't right: each message is whole and undamaged, and each sender's are in order and
/// without a hole. A client that gets something else leaves it and walks alone (`Audience`). The beginning is dropped
/// when there is too much.
struct Transcript {
    struct Entry {
        /// Where it ends, counted from the first byte ever written.
        var end: UInt64
        var sentAt: UInt64
        var sender: UInt32
        var sequence: UInt32
    }

    /// What is kept at most; when it is dropped, half of it stays.
    private let mostBytes: Int
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// What was dropped: bytes, and messages.
    private(set) var start: UInt64 = 0
    private(set) var firstIndex = 0
    /// What comes next of each sender.
    private(set) var order: SenderOrder

    init(senders: Int, mostBytes: Int) {
        self.mostBytes = mostBytes
        order = SenderOrder(senders: senders)
    }

    var end: UInt64 { start + UInt64(bytes.count) }
    var endIndex: Int { firstIndex + entries.count }

    subscript(index: Int) -> Entry {
        @inline(__always) get { entries[index - firstIndex] }
    }

    /// Where a message begins; that of `endIndex` is the end.
    func beginning(of index: Int) -> UInt64 {
        index == firstIndex ? start : entries[index - firstIndex - 1].end
    }

    /// Whether these bytes are what stands from a place on.
    @inline(__always)
    func holds(_ other: RawSpan, at offset: UInt64) -> Bool {
        let place = Int(offset - start)
        return Bytes.areEqual(bytes.span.bytes.extracting(place..<place + other.byteCount), other)
    }

    /// Writes down a message that has been found undamaged and next of its sender.
    mutating func append(_ frame: RawSpan, _ number: MessageNumber) {
        _ = order.take(number)
        Bytes.append(frame, to: &bytes)
        entries.append(
            Entry(
                end: end, sentAt: number.sentAt, sender: UInt32(truncatingIfNeeded: number.sender),
                sequence: number.sequence))
    }

    var isFull: Bool { bytes.count > mostBytes }

    /// The first message that is to stay when there is too much.
    func firstToKeep() -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end < end - UInt64(mostBytes / 2) { low = middle + 1 } else { high = middle }
        }
        return firstIndex + low
    }

    /// Drops what is oldest. Nobody may stand there any more.
    mutating func drop(before index: Int) {
        let newStart = beginning(of: index)
        bytes.removeFirst(Int(newStart - start))
        entries.removeFirst(index - firstIndex)
        start = newStart
        firstIndex = index
    }

    /// The place of a message, looked for from the end.
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

    /// What comes next of each sender for somebody who has read up to a message.
    func order(at index: Int) -> SenderOrder {
        var order = order
        var isKnown = Array(repeating: false, count: order.next.count)
        for entry in entries[(index - firstIndex)...] where !isKnown[Int(entry.sender)] {
            isKnown[Int(entry.sender)] = true
            order.expect(entry.sequence, of: Int(entry.sender))
        }
        return order
    }

    /// How many messages from a place on were meant to be sent at a time or later.
    func count(before index: Int, sentFrom time: UInt64) -> Int {
        entries[..<(index - firstIndex)].reduce(0) { $0 + ($1.sentAt >= time ? 1 : 0) }
    }
}

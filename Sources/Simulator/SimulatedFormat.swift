import Tree

/// The bytes of entries in a simulation. They can be read back into entries, for which the wire's JSON would be too
/// slow.
///
/// ```
///   node  incarnation  sequence  stamp  retry  lengths  sender  session  text  copies
///    8        8           8        8      8    1 1 4                            1 digit
/// ```
struct SimulatedFormat: EntryFormat {
    let copiesFromEnd = 1

    private static let headBytes = 46

    /// The sender has a field of its own, so the text stays unchanged.
    func process(_ text: [UInt8], sender: String) -> [UInt8] { text }

    func appendLine(of entry: Entry, to bytes: inout [UInt8]) {
        guard case .activity(let activity) = entry.body else { preconditionFailure("clients don't read \(entry)") }
        append(entry.origin.node.value, to: &bytes)
        append(entry.origin.incarnation.value, to: &bytes)
        append(entry.sequence, to: &bytes)
        append(entry.stamp.value, to: &bytes)
        append(activity.retry?.sequence ?? 0, to: &bytes)
        let session = activity.retry?.session ?? ""
        bytes.append(UInt8(activity.sender.utf8.count))
        bytes.append(UInt8(session.utf8.count))
        withUnsafeBytes(of: UInt32(activity.text.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: activity.sender.utf8)
        bytes.append(contentsOf: session.utf8)
        bytes.append(contentsOf: activity.text)
        bytes.append(UInt8(ascii: "1"))
    }

    /// The last byte of a late line has its highest bit set.
    func append(_ line: Span<UInt8>, isLate: Bool, to bytes: inout [UInt8]) {
        line.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        if isLate { bytes[bytes.count - 1] |= 0x80 }
    }

    private func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    static func length(of line: Line) -> Int {
        var bytes: [UInt8] = []
        SimulatedFormat().appendLine(of: line.entry, to: &bytes)
        return bytes.count
    }

    /// Reads the line at an offset, and moves the offset behind it.
    static func read(_ bytes: Span<UInt8>, at offset: inout Int) -> Line {
        func number(_ at: Int) -> UInt64 {
            var value: UInt64 = 0
            for index in 0..<8 { value |= UInt64(bytes[at + index]) << UInt64(8 * index) }
            return value
        }
        func slice(_ at: Int, _ count: Int) -> [UInt8] {
            var slice: [UInt8] = []
            slice.reserveCapacity(count)
            for index in at..<at + count { slice.append(bytes[index]) }
            return slice
        }
        let start = offset
        let senderCount = Int(bytes[start + 40])
        let sessionCount = Int(bytes[start + 41])
        var textCount = 0
        for index in 0..<4 { textCount |= Int(bytes[start + 42 + index]) << (8 * index) }
        let senderAt = start + headBytes
        let textAt = senderAt + senderCount + sessionCount
        let sender = String(decoding: slice(senderAt, senderCount), as: UTF8.self)
        var retry: RetryKey?
        if sessionCount > 0 {
            let session = String(decoding: slice(senderAt + senderCount, sessionCount), as: UTF8.self)
            retry = RetryKey(session: session, sequence: number(start + 32))
        }
        let text = slice(textAt, textCount)
        offset = textAt + textCount + 1
        let entry = Entry(
            origin: Origin(node: NodeID(number(start)), incarnation: Incarnation(number(start + 8))),
            sequence: number(start + 16), stamp: Stamp(number(start + 24)),
            body: .activity(Activity(sender: sender, text: text, retry: retry)))
        let last = bytes[offset - 1]
        return Line(entry: entry, copies: Int(last & 0x7F) - 48, isLate: last & 0x80 != 0)
    }
}

/// A line as a client reads it.
struct Line {
    let entry: Entry
    /// How many nodes are said to hold the entry.
    let copies: Int
    /// The line is shown later than its position in the total order.
    var isLate: Bool

    var key: OrderKey { OrderKey(stamp: entry.stamp, origin: entry.origin, sequence: entry.sequence) }
}

/// A message of a simulated client: its sender, its number, and the message that it answers.
struct Saying: Hashable {
    var client: Int
    /// Grows when the client can no longer promise that its messages follow those that it sent or saw before.
    var era: Int
    /// Counted from 1 over all eras.
    var number: Int
    /// The message that this one answers.
    var answered: (client: Int, number: Int)?
    /// How many bytes make the message longer.
    var padding: Int

    /// The name in a trace: `c1.2` is the second message of client 1, `c1.2 (to c0.1)` answers the first one of client
    /// 0.
    var name: String { "c\(client).\(number)" + (answered.map { " (to c\($0.client).\($0.number))" } ?? "") }

    var text: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + padding)
        for value in [client, era, number, answered.map { $0.client + 1 } ?? 0, answered?.number ?? 0] {
            withUnsafeBytes(of: UInt32(value).littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: padding))
        return bytes
    }

    init(client: Int, era: Int, number: Int, answered: (client: Int, number: Int)?, padding: Int) {
        self.client = client
        self.era = era
        self.number = number
        self.answered = answered
        self.padding = padding
    }

    /// Nil if no client ever says such a text.
    init?(_ text: [UInt8]) {
        guard text.count >= 20 else { return nil }
        func value(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(text[4 * index + $1]) << (8 * $1) }
        }
        let answered = value(3) == 0 ? nil : (client: value(3) - 1, number: value(4))
        self.init(
            client: value(0), era: value(1), number: value(2), answered: answered, padding: text.count - 20)
    }

    static func == (a: Saying, b: Saying) -> Bool { a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Node {
    /// The entry to be forwarded.
    func entry(_ content: Log.Content) -> Entry {
        switch content {
        case .entry(let entry): entry
        case .line(let offset, let length):
            log.withLines(from: offset, upTo: offset + UInt64(length)) { bytes in
                var at = 0
                return SimulatedFormat.read(bytes, at: &at).entry
            }
        }
    }

    /// The lines that clients read between two offsets.
    func lines(from: UInt64, to: UInt64) -> [Line] {
        var lines: [Line] = []
        var from = from
        while from < to {
            from += withReadable(from: from, upTo: to) { bytes in
                var at = 0
                while at < bytes.count { lines.append(SimulatedFormat.read(bytes, at: &at)) }
                return UInt64(at)
            }
        }
        return lines
    }
}

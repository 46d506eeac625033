/// Lines that wait to be written: so many bytes, and no more.
///
/// A line that doesn't fit is left out, and so are those after it until everything before it has been taken: so there
/// is one gap and not many. Then a note with their number stands in their place.
///
///     a line that fits ──▶ [ line line line … ] ──take()──▶ whoever writes
///     one that doesn't ──▶ missing += 1                ──▶ … and a note, once it is all taken
struct LineBacklog {
    private var bytes: [UInt8] = []
    private let limitBytes: Int
    private let urgentBytes: Int
    private let note: (Int) -> [UInt8]
    /// Lines that were left out and not told of yet.
    private(set) var missing = 0
    private var isFull = false
    /// The last write has failed: a note would too, until there is something new to try with.
    private var waitsForLine = false

    /// - Parameters:
    ///   - limitBytes: of all lines that wait.
    ///   - urgentBytes: how much more there may be of urgent lines.
    ///   - note: the line that stands for so many others.
    init(limitBytes: Int, urgentBytes: Int, note: @escaping (Int) -> [UInt8]) {
        self.limitBytes = limitBytes
        self.urgentBytes = urgentBytes
        self.note = note
    }

    var isEmpty: Bool { bytes.isEmpty && (missing == 0 || waitsForLine) }

    mutating func append(_ line: [UInt8], isUrgent: Bool) {
        waitsForLine = false
        if bytes.count + line.count > limitBytes { isFull = true }
        guard isFull else {
            if missing > 0 { appendNote() }
            bytes += line
            return
        }
        guard isUrgent, bytes.count + line.count <= limitBytes + urgentBytes else {
            missing += 1
            return
        }
        if missing > 0 { appendNote() }
        bytes += line
    }

    /// What is to be written next, at most `limit` bytes; nothing if nothing waits.
    mutating func take(_ limit: Int) -> [UInt8] {
        if bytes.isEmpty {
            isFull = false
            if missing > 0, !waitsForLine { appendNote() }
        }
        let piece = Array(bytes.prefix(limit))
        bytes.removeFirst(piece.count)
        return piece
    }

    /// Some of what was taken could not be written.
    mutating func lose(_ piece: ArraySlice<UInt8>) {
        missing += piece.count { $0 == UInt8(ascii: "\n") }
        waitsForLine = true
    }

    private mutating func appendNote() {
        bytes += note(missing)
        missing = 0
    }
}

/// Lines that wait to be written, up to a number of bytes.
///
/// A line that doesn't fit is left out, and so are all lines after it until everything before it has been taken. So
/// there is one gap and not many. A note with the number of missing lines then stands in their place.
///
///     a line that fits ──▶ [ line line line … ] ──take()──▶ the writer
///     one that doesn't ──▶ missing += 1                ──▶ … and a note, once it is all taken
struct LineBacklog {
    private var bytes: [UInt8] = []
    private let limitBytes: Int
    private let urgentBytes: Int
    private let note: (Int) -> [UInt8]
    /// How many lines were left out and not yet counted in a note.
    private(set) var missing = 0
    /// How many lines were left out since the start.
    private(set) var lost: UInt64 = 0
    private var isFull = false
    /// The last write failed. A note would fail too, so it waits until there is a new line.
    private var waitsForLine = false

    /// - Parameters:
    ///   - limitBytes: of all lines that wait.
    ///   - urgentBytes: how many bytes more urgent lines may take.
    ///   - note: makes the line that stands for a number of missing lines.
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
            lost += 1
            return
        }
        if missing > 0 { appendNote() }
        bytes += line
    }

    /// The bytes to write next, at most `limit`; empty if no line waits.
    mutating func take(_ limit: Int) -> [UInt8] {
        if bytes.isEmpty {
            isFull = false
            if missing > 0, !waitsForLine { appendNote() }
        }
        let piece = Array(bytes.prefix(limit))
        bytes.removeFirst(piece.count)
        return piece
    }

    /// To be called when a piece of what was taken could not be written.
    mutating func lose(_ piece: ArraySlice<UInt8>) {
        let lines = piece.count { $0 == UInt8(ascii: "\n") }
        missing += lines
        lost += UInt64(lines)
        waitsForLine = true
    }

    private mutating func appendNote() {
        bytes += note(missing)
        missing = 0
    }
}

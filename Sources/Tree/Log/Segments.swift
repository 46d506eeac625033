import DequeModule

/// The log's bytes: lines, one after the other, at offsets that only grow.
///
/// ```
///   position   start                                        end
///   segments   [ line line line ][ line line line ][ line li  ]
///                                                     ^ only the last one grows
/// A line never crosses from one segment into the next. So a line is always one piece, and so is everything from a
/// cursor to the end of its segment: one write sends it. Memory is given back one segment at a time.
struct Segments {
    /// Larger segments save writes to readers that are far behind; smaller ones waste less memory at their ends.
    static let capacityBytes = 256 * 1024

    private struct Segment {
        let start: UInt64
        var bytes: [UInt8]
        var end: UInt64 { start + UInt64(bytes.count) }
    }

    private var segments: Deque<Segment> = []
    private(set) var end: UInt64 = 0

    var start: UInt64 { segments.first?.start ?? end }
    var count: Int { Int(end - start) }

    /// Appends what `write` appends, at most `limit` bytes. Returns the offset where it begins.
    mutating func append(atMost limit: Int, _ write: (inout [UInt8]) -> Void) -> UInt64 {
        if segments.last.map({ $0.bytes.count + limit > Self.capacityBytes }) ?? true {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(max(Self.capacityBytes, limit))
            segments.append(Segment(start: end, bytes: bytes))
        }
        let position = end
        write(&segments[segments.count - 1].bytes)
        end = segments[segments.count - 1].end
        return position
    }

    mutating func set(_ byte: UInt8, at position: UInt64) {
        let index = segmentIndex(of: position)
        segments[index].bytes[Int(position - segments[index].start)] = byte
    }

    /// Calls `body` with the bytes from an offset on, up to the end of its segment or `limit`.
    func withPiece<R>(from position: UInt64, upTo limit: UInt64, _ body: (Span<UInt8>) -> R) -> R {
        let segment = segments[segmentIndex(of: position)]
        let lower = Int(position - segment.start)
        let upper = Int(min(limit, segment.end) - segment.start)
        return body(segment.bytes.span.extracting(lower..<upper))
    }

    /// Frees the segments that lie wholly before an offset.
    mutating func drop(before position: UInt64) {
        while let first = segments.first, first.end <= position, segments.count > 1 {
            segments.removeFirst()
        }
    }

    private func segmentIndex(of position: UInt64) -> Int {
        precondition(position >= start && position < end, "position \(position) outside of \(start)..<\(end)")
        // Readers are nearly always in the last segment.
        if position >= segments[segments.count - 1].start { return segments.count - 1 }
        var low = 0
        var high = segments.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if segments[middle].start <= position { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

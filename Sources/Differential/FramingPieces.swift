import Wire

/// Cuts a stream of bytes into lines twice, whole and in pieces: the lines are the same.
public enum FramingPieces {
    /// - Parameter input: the first byte says how large the pieces are, the rest is the stream.
    /// - Returns: what differs; nil if nothing does, as it has to be.
    public static func disagreement(in input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let stream = Array(input.dropFirst())
        let whole = lines(of: stream, pieces: stream.count)
        let cut = lines(of: stream, pieces: 1 + Int(first % 7))
        guard whole.lines == cut.lines, whole.isTooLong == cut.isTooLong else {
            return "\(whole) as a whole, and \(cut) in pieces"
        }
        return nil
    }

    private static func lines(of stream: [UInt8], pieces: Int) -> (lines: [[UInt8]], isTooLong: Bool) {
        var framing = LineFraming()
        var lines: [[UInt8]] = []
        let limit = LineLimit(400)
        func take(_ line: RawSpan, _ hasLengths: Bool) -> LineFraming.Demand {
            lines.append(line.withUnsafeBytes { Array($0) })
            return .more
        }
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(max(1, pieces)))
            rest = rest.dropFirst(piece.count)
            if case .tooLong = framing.read(piece.span.bytes, limit: limit, take) { return (lines, true) }
        }
        if case .tooLong = framing.end(limit: limit, take) { return (lines, true) }
        return (lines, false)
    }
}

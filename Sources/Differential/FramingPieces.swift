import Wire

/// Cuts a stream of bytes into lines twice, whole and in pieces: the lines are the same.
public enum FramingPieces {
    /// - Parameter input: the sizes of the pieces (`Script.pieceSizes`), and the stream.
    /// - Returns: what differs; nil if nothing does, as it has to be.
    public static func disagreement(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        let sizes = script.pieceSizes()
        let stream = script.all()
        guard !stream.isEmpty else { return nil }
        let whole = lines(of: stream, in: [0..<stream.count])
        let cut = lines(of: stream, in: pieces(stream, sizes), forgetsAfterReturn: isPlanted)
        guard whole.lines == cut.lines, whole.isTooLong == cut.isTooLong else {
            return "\(whole) as a whole, and \(cut) in pieces"
        }
        return nil
    }

    /// - Parameter forgetsAfterReturn: the fault that is planted: a piece that ends with a carriage return is the end
    ///   of all that came before.
    private static func lines(
        of stream: [UInt8], in pieces: [Range<Int>], forgetsAfterReturn: Bool = false
    ) -> (lines: [[UInt8]], isTooLong: Bool) {
        var framing = LineFraming()
        var lines: [[UInt8]] = []
        let limit = LineLimit(400)
        func take(_ line: RawSpan, _ hasLengths: Bool) -> LineFraming.Demand {
            lines.append(line.withUnsafeBytes { Array($0) })
            return .more
        }
        for piece in pieces {
            let bytes = stream.span.bytes.extracting(piece)
            if case .tooLong = framing.read(bytes, limit: limit, take) { return (lines, true) }
            if forgetsAfterReturn, stream[piece.upperBound - 1] == 13 { framing = LineFraming() }
        }
        if case .tooLong = framing.end(limit: limit, take) { return (lines, true) }
        return (lines, false)
    }
}

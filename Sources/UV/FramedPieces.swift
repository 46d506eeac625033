import CLibUV

extension FanOut {
    /// How bytes become pieces with headers.
    public struct Framing {
        let pieceBytes: (_ bytes: Span<UInt8>) -> Int
        let header: (_ pieceBytes: Int) -> [UInt8]

        /// - Parameters:
        ///   - pieceBytes: how many bytes the first piece of these bytes has: at least one.
        ///   - header: the bytes that go before a piece of this length.
        public init(
            pieceBytes: @escaping (_ bytes: Span<UInt8>) -> Int, header: @escaping (_ pieceBytes: Int) -> [UInt8]
        ) {
            self.pieceBytes = pieceBytes
            self.header = header
        }
    }
}

/// Bytes that lie behind each other as they are sent: cut into pieces, each with its header before it.
///
/// ```
///   bytes    [ piece ][ piece ][ piec…       as they lie, not copied
///   headers  [h][h][h]                       of all pieces, one behind the other
///   sent     [h][ piece ][h][ piece ][h]…
/// ```
struct FramedPieces {
    private var headers: [UInt8] = []
    /// Where each header ends in `headers`, and its piece in the bytes.
    private var ends: [(header: Int, piece: Int)] = []

    /// - Parameter bytes: at most `UVLimits.piecesPerWrite` pieces of them are taken.
    init(_ bytes: Span<UInt8>, _ framing: FanOut.Framing) {
        while pieceBytes < bytes.count, ends.count < UVLimits.piecesPerWrite {
            let count = framing.pieceBytes(bytes.extracting(pieceBytes..<bytes.count))
            headers += framing.header(count)
            ends.append((headers.count, pieceBytes + count))
        }
    }

    /// One piece of so many bytes behind a header.
    init(_ header: [UInt8], before count: Int) {
        headers = header
        ends = [(header.count, count)]
    }

    /// How many bytes the pieces have together.
    var pieceBytes: Int { ends.last?.piece ?? 0 }
    /// The same with the headers.
    var count: Int { headers.count + pieceBytes }

    /// What has gone out when so many bytes were sent: the bytes of whole pieces, and how many bytes of a header and
    /// its piece behind them.
    func sent(of taken: Int) -> (whole: Int, begun: Int) {
        var whole = (header: 0, piece: 0)
        for end in ends {
            if end.header + end.piece > taken { break }
            whole = end
        }
        return (whole.piece, taken - whole.header - whole.piece)
    }

    fileprivate mutating func withBuffers<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<uv_buf_t>) -> Result
    ) -> Result {
        let ends = ends
        return headers.withUnsafeMutableBytes { headers in
            withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: 2 * ends.count) { buffers in
                var start = (header: 0, piece: 0)
                for (index, end) in ends.enumerated() {
                    buffers[2 * index] = buffer(UnsafeRawBufferPointer(headers), start.header..<end.header)
                    buffers[2 * index + 1] = buffer(bytes, start.piece..<end.piece)
                    start = end
                }
                return body(UnsafeBufferPointer(buffers))
            }
        }
    }
}

/// Lends what one write sends: bytes, or the pieces of them with their headers.
func withBuffers<Result>(
    _ framed: FramedPieces?, _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<uv_buf_t>) -> Result
) -> Result {
    if var framed { return framed.withBuffers(bytes, body) }
    return withUnsafePointer(to: buffer(bytes, 0..<bytes.count)) {
        body(UnsafeBufferPointer(start: $0, count: 1))
    }
}

private func buffer(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> uv_buf_t {
    let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress! + range.lowerBound)
    return uv_buf_t(base: base.assumingMemoryBound(to: CChar.self), len: range.count)
}

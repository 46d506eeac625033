import CLibUV

extension FanOut {
    /// How bytes become pieces with headers.
    public struct Framing {
        let pieceBytes: (_ bytes: Span<UInt8>) -> Int
        let begin: (_ piece: Span<UInt8>, _ position: UInt64, _ sent: inout [UInt8]) -> Bool

        /// - Parameters:
        ///   - pieceBytes: how many bytes the first piece of these bytes has: at least one.
        ///   - begin: appends what is sent before the piece at this position, at least a byte, and returns true; or
        ///     appends what is sent instead of the piece, and returns false.
        public init(
            pieceBytes: @escaping (_ bytes: Span<UInt8>) -> Int,
            begin: @escaping (_ piece: Span<UInt8>, _ position: UInt64, _ sent: inout [UInt8]) -> Bool
        ) {
            self.pieceBytes = pieceBytes
            self.begin = begin
        }
    }
}

/// Bytes that lie behind each other as they are sent: cut into pieces, each with its header before it, or with
/// something in its place.
///
/// ```
///   bytes    [ piece ][ piece ][ piece ]     as they lie, not copied
///   headers  [h][h][h instead]               of all pieces, one behind the other
///   sent     [h][ piece ][h][ piece ][h instead]
/// ```
struct FramedPieces {
    private struct Piece {
        /// Where its header ends in `headers`.
        var headerEnd = 0
        /// Where it ends in the bytes.
        var end = 0
        /// Where it ends in what is sent.
        var sentEnd = 0
        /// Whether it is sent itself.
        var isSent = true
    }

    private var headers: [UInt8] = []
    private var pieces: [Piece] = []

    /// - Parameters:
    ///   - bytes: at most `UVLimits.piecesPerWrite` pieces of them are taken.
    ///   - position: of the first of them.
    init(_ bytes: Span<UInt8>, at position: UInt64, _ framing: FanOut.Framing) {
        while pieceBytes < bytes.count, pieces.count < UVLimits.piecesPerWrite {
            let start = pieceBytes
            let count = framing.pieceBytes(bytes.extracting(start..<bytes.count))
            let piece = bytes.extracting(start..<start + count)
            add(count, isSent: framing.begin(piece, position + UInt64(start), &headers))
        }
    }

    /// One piece of so many bytes behind a header.
    init(_ header: [UInt8], before count: Int) {
        headers = header
        add(count, isSent: true)
    }

    private mutating func add(_ count: Int, isSent: Bool) {
        let last = pieces.last ?? Piece()
        let sentCount = headers.count - last.headerEnd + (isSent ? count : 0)
        pieces.append(
            Piece(
                headerEnd: headers.count, end: last.end + count, sentEnd: last.sentEnd + sentCount, isSent: isSent))
    }

    /// How many bytes the pieces have together, as they lie.
    var pieceBytes: Int { pieces.last?.end ?? 0 }
    /// How many bytes are sent for them.
    var count: Int { pieces.last?.sentEnd ?? 0 }

    /// What has gone out when so many bytes were sent: the bytes of whole pieces as they lie, and how many bytes of
    /// what is sent for the piece behind them.
    func sent(of taken: Int) -> (whole: Int, begun: Int) {
        let whole = pieces.last { $0.sentEnd <= taken } ?? Piece()
        return (whole.end, taken - whole.sentEnd)
    }

    fileprivate mutating func withBuffers<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeBufferPointer<uv_buf_t>) -> Result
    ) -> Result {
        let pieces = pieces
        return headers.withUnsafeMutableBytes { headers in
            withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: 2 * pieces.count) { buffers in
                var count = 0
                var last = Piece()
                for piece in pieces {
                    if last.headerEnd < piece.headerEnd {
                        buffers[count] = buffer(UnsafeRawBufferPointer(headers), last.headerEnd..<piece.headerEnd)
                        count += 1
                    }
                    if piece.isSent {
                        buffers[count] = buffer(bytes, last.end..<piece.end)
                        count += 1
                    }
                    last = piece
                }
                return body(UnsafeBufferPointer(rebasing: buffers[..<count]))
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

import UV
import WebSocket

/// Pieces of the log as messages of a WebSocket, compressed once for all clients that get them (`--web-compression`).
///
/// The last ones are kept while clients are served, up to `mostBytes`: several clients at one place get the same piece,
/// and so does a client of which the kernel took a part. No client keeps anything.
final class CompressedPieces {
    private struct Frame {
        let position: UInt64
        /// Of the piece.
        let count: Int
        let bytes: [UInt8]
        /// Whether the piece follows behind the bytes: it would hardly be shorter.
        let isHeader: Bool
    }

    private let mostBytes: Int
    private let deflater = Deflater()
    /// The last ones, the newest at the end.
    private var frames: [Frame] = []
    private var keptBytes = 0

    init(mostBytes: Int) {
        self.mostBytes = mostBytes
    }

    /// Appends the frame of a piece, or its header alone; then the piece has to follow.
    ///
    /// - Returns: whether it has to.
    func append(_ piece: Span<UInt8>, at position: UInt64, to sent: inout [UInt8]) -> Bool {
        let frame =
            frames.last { $0.position == position && $0.count == piece.count } ?? keep(make(piece, at: position))
        sent += frame.bytes
        return frame.isHeader
    }

    private func make(_ piece: Span<UInt8>, at position: UInt64) -> Frame {
        if piece.count >= MessageDeflate.leastBytes {
            let bytes = deflater.compressed(piece)
            if bytes.count < piece.count {
                let header = FrameHeader.bytes(.text, payload: bytes.count, isCompressed: true)
                return Frame(position: position, count: piece.count, bytes: header + bytes, isHeader: false)
            }
        }
        let header = FrameHeader.bytes(.text, payload: piece.count)
        return Frame(position: position, count: piece.count, bytes: header, isHeader: true)
    }

    private func keep(_ frame: Frame) -> Frame {
        frames.append(frame)
        keptBytes += frame.bytes.count
        var dropped = 0
        while keptBytes > mostBytes, dropped < frames.count - 1 {
            keptBytes -= frames[dropped].bytes.count
            dropped += 1
        }
        frames.removeFirst(dropped)
        return frame
    }

    /// Nobody needs them any more.
    func removeAll() {
        frames = []
        keptBytes = 0
    }
}

import TLS
import Tree
import UV
import WebSocket

// Pieces of the log as messages of a WebSocket. Nil as `compressed` means that nothing is compressed.

extension Followers {
    static func framing(_ compressed: CompressedPieces?) -> FanOut.Framing {
        FanOut.Framing {
            $0.wholeLines(within: Settings.frameBytes)
        } begin: { piece, position, sent in
            begin(piece, at: position, compressed, &sent)
        }
    }

    /// Appends the header of a message, or the whole of it; whether the piece follows.
    private static func begin(
        _ piece: Span<UInt8>, at position: UInt64, _ compressed: CompressedPieces?, _ sent: inout [UInt8]
    ) -> Bool {
        if let compressed { return compressed.append(piece, at: position, to: &sent) }
        sent += FrameHeader.bytes(.text, payload: piece.count)
        return true
    }

    /// Sends a message, without so many bytes of it that the kernel has taken.
    private static func write(
        _ piece: Span<UInt8>, at position: UInt64, _ compressed: CompressedPieces?, begun: Int = 0,
        to stream: UV.Stream
    ) {
        var sent: [UInt8] = []
        let isFollowed = begin(piece, at: position, compressed, &sent)
        let rest = Array(sent.dropFirst(begun))
        guard isFollowed else { return stream.write(rest) }
        stream.write(rest, before: piece.extracting(max(0, begun - sent.count)..<piece.count).bytes)
    }

    /// The kernel took only a part of a message: the rest is queued. If it took nothing, one line is queued as a
    /// message, so that no more than needed lies here.
    static func finishMessage(
        _ fanOut: inout FanOut, _ compressed: CompressedPieces?, _ stream: UV.Stream, _ node: Node, begun: Int,
        upTo limit: UInt64
    ) {
        guard let cursor = fanOut.position(of: stream) else { return }
        let length = node.withReadable(from: cursor, upTo: limit) { lines in
            let end = lines.wholeLines(within: begun == 0 ? 1 : Settings.frameBytes)
            write(lines.extracting(0..<end), at: cursor, compressed, begun: begun, to: stream)
            return end
        }
        fanOut.place(stream, at: cursor + UInt64(length), isWaiting: true)
        // The other side may have read meanwhile: then nothing was queued, and `advance` would never follow.
        if stream.queuedBytes == 0 { advance(&fanOut, compressed, stream, node, upTo: limit) }
    }

    /// The bytes queued for a client have been sent: it continues from its cursor.
    static func advance(
        _ fanOut: inout FanOut, _ compressed: CompressedPieces?, _ stream: UV.Stream, _ node: Node,
        upTo limit: UInt64
    ) {
        guard var cursor = fanOut.position(of: stream), cursor >= node.readableStart else { return }
        while cursor < limit {
            cursor += node.withReadable(from: cursor, upTo: limit) { lines in
                let end = lines.wholeLines(within: Settings.frameBytes)
                write(lines.extracting(0..<end), at: cursor, compressed, to: stream)
                return UInt64(end)
            }
            if stream.queuedBytes > 0 { return fanOut.place(stream, at: cursor, isWaiting: true) }
        }
        fanOut.place(stream, at: cursor, isWaiting: false)
    }

    /// Writes a message that fits into a record; answers how much of the log that is.
    static func giveFramedRecord(
        _ node: Node, upTo limit: UInt64, _ compressed: CompressedPieces?, to stream: UV.Stream, at position: UInt64
    ) -> Int {
        let compresses = compressed != nil && (stream.handler as? Connection)?.compresses == true
        return node.withReadable(from: position, upTo: limit) { lines in
            let end = lines.wholeLines(within: TLSFilter.recordBytes - FrameHeader.mostBytes)
            write(lines.extracting(0..<end), at: position, compresses ? compressed : nil, to: stream)
            return end
        }
    }
}

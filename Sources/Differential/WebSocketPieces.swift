import WebSocket

/// Reads the frames of a client twice, whole and in pieces: the text, the control frames and the fault are the same.
/// And what a node compresses is read again as it was.
public enum WebSocketPieces {
    private static let messageBytes = 300
    private static let textBytes = 400

    /// - Parameter input: whether messages may be compressed, the sizes of the pieces (`Script.pieceSizes`), and the
    ///   stream.
    /// - Returns: what differs; nil if nothing does, as it has to be.
    public static func disagreement(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        let isCompressed = script.byte() & 1 == 1
        let sizes = script.pieceSizes()
        let stream = script.all()
        guard !stream.isEmpty else { return nil }
        let whole = Reading(of: stream, in: [0..<stream.count], isCompressed, messageBytes)
        let cut = Reading(
            of: stream, in: pieces(stream, sizes), isCompressed, isPlanted ? 100 : messageBytes)
        if let fault = whole.fault ?? cut.fault { return fault }
        let (short, long) = whole.text.count < cut.text.count ? (whole.text, cut.text) : (cut.text, whole.text)
        // Of a message with a fault the pieces before the fault may have been handed on.
        let isSame = whole.failure == nil ? short == long : long.starts(with: short)
        guard isSame, whole.controls == cut.controls, whole.failure == cut.failure, whole.hasEnded == cut.hasEnded
        else { return "\(whole) as a whole, and \(cut) in pieces" }
        return isCompressed ? fault(inCompressing: stream) : nil
    }

    private static func fault(inCompressing stream: [UInt8]) -> String? {
        let text = Array(String(decoding: stream, as: UTF8.self).utf8.prefix(250))
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        var frame = FrameHeader.masked(.text, Deflater().compressed(text.span), mask: 0x0403_0201)
        frame[0] |= 0x40
        let read = Reading(of: frame, in: [0..<frame.count], true, messageBytes)
        let lines = text.last == 10 || text.isEmpty ? text : text + [10]
        guard read.failure == nil, read.text == lines || text.isEmpty else { return "\(text) is read as \(read)" }
        return nil
    }

    /// What a reader made of a stream.
    private struct Reading {
        var text: [UInt8] = []
        var controls: [FrameReader.Control] = []
        var failure: CloseReason.Code?
        var hasEnded = false
        /// It keeps more than it may.
        var fault: String?

        init(of stream: [UInt8], in pieces: [Range<Int>], _ isCompressed: Bool, _ messageBytes: Int) {
            let inflation =
                isCompressed ? FrameReader.Inflation(Inflater(), textBytes: textBytes, readBytes: 200) : nil
            var reader = FrameReader(messageBytes: messageBytes, inflation: inflation)
            var scratch: [UInt8] = []
            for piece in pieces {
                var rest = piece
                repeat {
                    let reason = reader.read(stream.span.bytes.extracting(rest), scratch: &scratch) { part in
                        part.withUnsafeBytes { text += $0 }
                    } control: {
                        controls.append($0)
                    }
                    failure = failure ?? reason?.code
                    rest = (rest.upperBound - reader.unread)..<rest.upperBound
                    let most = 14 + FrameHeader.controlBytes + (isCompressed ? messageBytes : 0)
                    if reader.keptBytes > most { fault = "\(reader.keptBytes) bytes are kept" }
                } while !rest.isEmpty && !reader.hasEnded
            }
            hasEnded = reader.hasEnded
        }
    }
}

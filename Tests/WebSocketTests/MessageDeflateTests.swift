import Testing

@testable import WebSocket

/// RFC 7692; the sections are its own.
@Suite struct `Compressed messages` {
    private let text: UInt8 = 1, more: UInt8 = 0, ping: UInt8 = 9
    private let first: UInt8 = 4
    private let inflater = Inflater()

    private func inflation(textBytes: Int = 1000, readBytes: Int = 1 << 20) -> FrameReader.Inflation {
        FrameReader.Inflation(inflater, textBytes: textBytes, readBytes: readBytes)
    }

    private func read(_ bytes: [UInt8], in sizes: [Int] = [], textBytes: Int = 1000) -> Reading {
        Reading(of: bytes, in: sizes, messageBytes: 1 << 20, inflation: inflation(textBytes: textBytes))
    }

    private func compressed(_ text: String) -> [UInt8] { Deflater().compressed(Array(text.utf8).span) }

    @Test func `are agreed on by the offers that this server can take (7.1)`() {
        let plain = "permessage-deflate"
        for offer in [
            plain, plain + "; client_max_window_bits", plain + ";client_max_window_bits=8",
            plain + "; server_no_context_takeover; client_no_context_takeover", plain + "; server_max_window_bits=12",
            plain + "; server_max_window_bits=\"15\"; client_max_window_bits = 15",
        ] {
            let answer = MessageDeflate.answer(to: ["x-other", offer])
            #expect(
                answer
                    == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                    + "server_max_window_bits=12", "\(offer)")
        }
        for offer in [
            "", "deflate", plain + "; server_max_window_bits=11", plain + "; server_max_window_bits",
            plain + "; server_max_window_bits=16", plain + "; server_max_window_bits=012",
            plain + "; client_max_window_bits=7", plain + "; client_max_window_bits=",
            plain + "; client_max_window_bits; client_max_window_bits", plain + "; server_no_context_takeover=1",
            plain + "; unknown", plain + ";",
        ] {
            #expect(MessageDeflate.answer(to: [offer]) == nil, "\(offer)")
        }
        #expect(MessageDeflate.answer(to: [plain + "; server_max_window_bits=8", plain]) != nil)
    }

    @Test func `are those of the examples (7.2.3)`() {
        // One block with fixed codes, in one frame and in two; one that says that it is the last; two blocks; and one
        // that isn't compressed.
        for payload: [UInt8] in [
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
            [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
        ] {
            for cut in 0...payload.count {
                let bytes =
                    frame(text, Array(payload[..<cut]), fin: false, reserved: first) + frame(ping, "p")
                    + frame(more, Array(payload[cut...]))
                for sizes in [[], [1], [3]] {
                    let reading = read(bytes, in: sizes)
                    #expect(reading.failure == nil && reading.lines == "Hello\n", "\(payload)")
                    #expect(reading.controls == [.ping(Array("p".utf8))])
                }
            }
        }
        // An empty message.
        let reading = read(frame(text, [0], reserved: first) + frame(text, "plain"))
        #expect(reading.failure == nil && reading.lines == "plain\n")
    }

    @Test(arguments: [1, 100, 4096, 16_383, 16_384, 16_385, 32_768, 70_000])
    func `come back as they were, each by itself`(length: Int) {
        let deflater = Deflater()
        var random = SystemRandomNumberGenerator()
        let texts = [
            String(repeating: "x", count: length),
            String((0..<length).map { _ in Character(Unicode.Scalar(UInt8.random(in: 32...126, using: &random))) }),
        ]
        var bytes: [UInt8] = []
        for text in texts {
            let once = deflater.compressed(Array(text.utf8).span)
            // Nothing of an earlier message counts.
            #expect(once == deflater.compressed(Array(text.utf8).span))
            bytes += frame(self.text, once, reserved: first)
        }
        for sizes in [[], [997]] {
            let reading = read(bytes, in: sizes, textBytes: length + 20_000)
            #expect(reading.failure == nil)
            #expect(reading.lines == texts[0] + "\n" + texts[1] + "\n")
        }
    }

    @Test func `that aren't compressed, are cut, or go on behind their end are refused`() {
        let right = compressed(String(repeating: "Hello", count: 20))
        let wrong: [[UInt8]] = [
            [], [0xFF, 0xFF, 0xFF, 0xFF], [0x06], Array(right.dropLast()), Array(right.dropLast(3)),
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], right + [0xFF],
            // A distance further back than the beginning: of an earlier message, whose window isn't kept.
            [0xF2, 0x00, 0x11, 0x00, 0x00],
        ]
        for payload in wrong {
            #expect(read(frame(text, payload, reserved: first)).failure == .invalidText, "\(payload)")
        }
        // The reader of all goes on with the next.
        #expect(read(frame(text, right, reserved: first)).failure == nil)
    }

    @Test func `are text too: what isn't UTF-8 is refused`() {
        for wrong: [UInt8] in [[0x80], [0xCE], [0x61, 0xED, 0xA0, 0x80]] {
            let bytes = frame(text, Deflater().compressed(wrong.span), reserved: first)
            #expect(read(bytes).failure == .invalidText)
        }
    }

    @Test func `begin where a message begins, and only if that was agreed on (6)`() {
        let payload = compressed("Hello")
        #expect(Reading(of: frame(text, payload, reserved: first)).failure == .protocolError)
        #expect(read(frame(ping, [], reserved: first)).failure == .protocolError)
        #expect(read(frame(8, [], reserved: first)).failure == .protocolError)
        #expect(read(frame(2, payload, reserved: first)).failure == .unsupported)
        let begun = frame(text, Array(payload[..<2]), fin: false, reserved: first)
        #expect(read(begun + frame(more, Array(payload[2...]), reserved: first)).failure == .protocolError)
        for reserved: UInt8 in [1, 2, 3, 5, 6, 7] {
            #expect(read(frame(text, payload, reserved: reserved)).failure == .protocolError)
        }
    }

    @Test func `of a few bytes never make more text than a message may have`() {
        let bomb = compressed(String(repeating: "x", count: 10 << 20))
        #expect(bomb.count < 60_000)
        var made = 0
        var reader = FrameReader(messageBytes: 1 << 20, inflation: inflation(textBytes: 100_000))
        var scratch: [UInt8] = []
        let failure = reader.read(
            frame(text, bomb, reserved: first).span.bytes, scratch: &scratch, text: { made += $0.byteCount },
            control: { _ in })
        #expect(failure?.code == .tooBig && made <= 100_000 && scratch.count <= Inflater.pieceBytes + 1)
        // Nor are more bytes kept until the end of a message than its text may have.
        let header = Array(frame(text, [UInt8](repeating: 0, count: 100_001), fin: false, reserved: first).prefix(14))
        #expect(read(header, textBytes: 100_000).failure == .tooBig)
    }

    @Test func `stop the reader after some text, and what follows isn't lost`() {
        let payload = compressed(String(repeating: "x", count: 900))
        let bytes = (0..<10).flatMap { _ in frame(text, payload, reserved: first) } + frame(ping, "p")
        let reading = Reading(of: bytes, messageBytes: 1000, inflation: inflation(readBytes: 1800))
        #expect(reading.failure == nil && reading.stops == 5)
        #expect(reading.lines == String(repeating: String(repeating: "x", count: 900) + "\n", count: 10))
        #expect(reading.controls == [.ping(Array("p".utf8))])
    }

    @Test func `leave nothing behind`() {
        var reader = FrameReader(messageBytes: 1000, inflation: inflation())
        var scratch: [UInt8] = []
        let bytes = frame(text, compressed("Hello"), reserved: first)
        for byte in bytes {
            _ = reader.read([byte].span.bytes, scratch: &scratch, text: { _ in }, control: { _ in })
        }
        #expect(reader.isEmpty && reader.keptBytes == 0)
    }
}

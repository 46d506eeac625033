import Testing

@testable import WebSocket

/// RFC 6455, section 5; the sections of Autobahn's list of cases are in brackets.
@Suite struct `A reader of frames` {
    private let text: UInt8 = 1, more: UInt8 = 0, close: UInt8 = 8, ping: UInt8 = 9, pong: UInt8 = 10

    @Test(arguments: [0, 1, 7, 8, 125, 126, 127, 128, 999, 65_535, 65_536, 70_000])
    func `hands on a text of any length, as a line [1.1]`(length: Int) {
        let payload = String(repeating: "x", count: length)
        for sizes in [[], [1], [2, 3, 5, 997]] {
            let reading = Reading(of: frame(text, payload), in: sizes, messageBytes: 70_000)
            #expect(reading.failure == nil)
            #expect(reading.lines == (length == 0 ? "" : payload + "\n"))
        }
    }

    @Test func `ends a line with its message, unless it has ended`() {
        let bytes =
            frame(text, "a\nb") + frame(text, "c\n") + frame(text, "") + frame(text, "d", fin: false) + frame(more, "e")
        #expect(Reading(of: bytes).lines == "a\nb\nc\nde\n")
    }

    @Test func `unmasks with any mask, however the bytes come`() {
        let payload = (0..<300).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        for mask: UInt32 in [0, 0xFFFF_FFFF, 0x8000_0001, 0x1234_5678] {
            for size in 1...17 {
                let reading = Reading(of: frame(text, payload, mask: mask), in: [size])
                #expect(reading.text == payload + [10])
            }
        }
    }

    @Test func `takes pings between the pieces of a message, and no larger ones than 125 bytes [2, 5.6 to 5.8]`() {
        let bytes =
            frame(text, "a", fin: false) + frame(ping, "p") + frame(more, "b", fin: false) + frame(pong, "q")
            + frame(more, "c")
        let reading = Reading(of: bytes, in: [3])
        #expect(reading.lines == "abc\n")
        #expect(reading.controls == [.ping(Array("p".utf8)), .pong])
        #expect(Reading(of: frame(ping, [UInt8](repeating: 1, count: 125))).failure == nil)
        #expect(Reading(of: frame(ping, [UInt8](repeating: 1, count: 126))).failure == .protocolError)
        #expect(Reading(of: frame(ping, "p", fin: false)).failure == .protocolError)
    }

    @Test func `refuses reserved bits, reserved opcodes, and frames without a mask [3, 4]`() {
        for bits: UInt8 in 1...7 {
            for opcode in [text, ping, close] {
                #expect(Reading(of: frame(opcode, [], reserved: bits)).failure == .protocolError)
            }
        }
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            #expect(Reading(of: frame(text, "a") + frame(opcode)).failure == .protocolError)
        }
        #expect(Reading(of: frame(text, [97], isMasked: false)).failure == .protocolError)
    }

    @Test func `refuses to continue what hasn't begun, and to begin before the end [5]`() {
        #expect(Reading(of: frame(more, "a")).failure == .protocolError)
        #expect(Reading(of: frame(more, "a", fin: false)).failure == .protocolError)
        #expect(Reading(of: frame(text, "a", fin: false) + frame(text, "b")).failure == .protocolError)
        #expect(Reading(of: frame(text, "a") + frame(more, "b")).failure == .protocolError)
        #expect(Reading(of: frame(2, "a")).failure == .unsupported)
    }

    @Test func `refuses a length that isn't in its shortest form, or has its highest bit set`() {
        let mask: [UInt8] = [0, 0, 0, 0]
        #expect(Reading(of: [0x81, 0xFE, 0, 125] + mask).failure == .protocolError)
        #expect(Reading(of: [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + mask).failure == .protocolError)
        #expect(Reading(of: [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0] + mask).failure == .protocolError)
    }

    @Test func `judges a length by its header alone, over all pieces of a message`() {
        #expect(Reading(of: Array(frame(text, String(repeating: "a", count: 1001)).prefix(8))).failure == .tooBig)
        #expect(Reading(of: [0x81, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 11)).failure == .tooBig)
        let half = String(repeating: "a", count: 501)
        let reading = Reading(of: frame(text, half, fin: false) + frame(more, half))
        #expect(reading.failure == .tooBig)
        #expect(reading.lines == half)
    }

    @Test func `takes UTF-8 across pieces, and refuses everything else as soon as it can't be [6]`() {
        let letters = Array("κόσμε\u{1F333}\u{7FF}\u{800}\u{FFFF}\u{10FFFF}".utf8)
        for cut in 0...letters.count {
            let bytes = frame(text, Array(letters[..<cut]), fin: false) + frame(more, Array(letters[cut...]))
            #expect(Reading(of: bytes, in: [1]).text == letters + [10])
        }
        let wrong: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x8C],
        ]
        for bytes in wrong {
            #expect(Reading(of: frame(text, [97] + bytes)).failure == .invalidText, "\(bytes)")
            #expect(Reading(of: frame(text, [97] + bytes), in: [1]).failure == .invalidText, "\(bytes)")
        }
        // The message goes on for long, and what has come of it can't be UTF-8.
        #expect(Reading(of: frame(text, [0xCE, 0xBA, 0xED, 0xA0], fin: false)).failure == .invalidText)
    }

    @Test func `takes an end with a code and a reason, and nothing after it [7]`() {
        let normal: [UInt8] = [3, 0xE8]
        let reading = Reading(of: frame(close, normal + Array("bye".utf8)) + frame(text, "a"))
        #expect(reading.controls == [.close(normal)])
        #expect(reading.lines == "")
        #expect(reading.failure == nil)
        #expect(Reading(of: frame(close)).controls == [.close([])])
        #expect(Reading(of: frame(close, [3])).failure == .protocolError)
        #expect(Reading(of: frame(close, normal + [0xCE, 0xBA, 0xED, 0xA0])).failure == .invalidText)
        #expect(Reading(of: frame(close, normal + [UInt8](repeating: 97, count: 124))).failure == .protocolError)
    }

    @Test func `knows which codes may be sent [7.7, 7.9]`() {
        let right = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
        let wrong = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
        for code in right + wrong {
            let reading = Reading(of: frame(close, [UInt8(code >> 8), UInt8(code & 0xFF)]))
            #expect((reading.failure == nil) == right.contains(code), "\(code)")
        }
    }

    @Test func `keeps nothing between two messages`() {
        var reader = FrameReader(messageBytes: 1000)
        var scratch: [UInt8] = []
        let bytes = frame(text, "abc") + frame(ping, "p")
        #expect(reader.isEmpty)
        for (index, byte) in bytes.enumerated() {
            _ = reader.read([byte].span.bytes, scratch: &scratch) { _ in
            } control: { _ in
            }
            #expect(reader.isEmpty == (index == 8 || index == bytes.count - 1), "\(index)")
        }
        #expect(reader.keptBytes == 0)
    }
}

@Suite struct `What a node writes` {
    @Test func `has the shortest header that its length allows`() {
        #expect(FrameHeader.bytes(.text, payload: 125) == [0x81, 125])
        #expect(FrameHeader.bytes(.text, payload: 126) == [0x81, 126, 0, 126])
        #expect(FrameHeader.bytes(.text, payload: 65_535) == [0x81, 126, 255, 255])
        #expect(FrameHeader.bytes(.text, payload: 65_536) == [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(FrameHeader.bytes(.text, payload: 1 << 40).count == FrameHeader.mostBytes)
    }

    @Test func `tells a reason that fits, and ends it where a character ends`() {
        let payload = CloseReason(.tooBig, String(repeating: "é", count: 100)).payload
        #expect(Array(payload.prefix(2)) == [0x03, 0xF1])
        #expect(payload.count == 124)
        #expect(String(validating: payload.dropFirst(2), as: UTF8.self) != nil)
    }

    @Test func `answers the key of RFC 6455 as it says there`() {
        #expect(OpeningHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(OpeningHandshake.isKey("dGhlIHNhbXBsZSBub25jZQ=="))
        for wrong in ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j Q=="] {
            #expect(!OpeningHandshake.isKey(wrong))
        }
    }
}

import Testing

@testable import Wire

@Suite struct LineFramingTests {
    /// The lines that are found if these pieces come one after the other.
    private func lines(_ pieces: String..., limit: Int = 100, ends: Bool = false) -> [String] {
        lines(pieces.map { Array($0.utf8) }, limit: limit, ends: ends)
    }

    private func lines(_ pieces: [[UInt8]], limit: Int = 100, ends: Bool = false) -> [String] {
        var framing = LineFraming()
        var found: [String] = []
        for piece in pieces {
            let outcome = framing.read(piece.span.bytes, limit: LineLimit(limit)) { line, _ in
                found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                return .more
            }
            if case .tooLong = outcome { found.append("<too long>") }
        }
        if ends {
            _ = framing.end(limit: LineLimit(limit)) { line, _ in
                found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                return .more
            }
        }
        return found
    }

    @Test func linesEndWithLFWithCRLFAndWithABareCR() {
        #expect(lines("{a}\n{b}\r\n{c}\r{d}\n") == ["{a}", "{b}", "{c}", "{d}"])
    }

    @Test func aCRLFMayComeInTwoPieces() {
        #expect(lines("{a}\r", "\n{b}\n") == ["{a}", "{b}"])
    }

    @Test func aLineMayComeInManyPieces() {
        #expect(lines("{", "\"x\"", ":1", "}", "\n") == ["{\"x\":1}"])
    }

    @Test func theLastLineCountsWithoutItsEnd() {
        #expect(lines("{a}\n{b}", ends: true) == ["{a}", "{b}"])
    }

    @Test func aLineIsTooLongBeforeItsEndIsSeen() {
        #expect(lines(String(repeating: "x", count: 101)) == ["<too long>"])
        #expect(lines(String(repeating: "x", count: 60), String(repeating: "x", count: 60)) == ["<too long>"])
        #expect(lines(String(repeating: "x", count: 100) + "\n").count == 1)
    }

    @Test func anOpeningMayBeLongerSinceItCarriesAVector() {
        let limit = LineLimit(100, attaching: 2000, resuming: 1000)
        let long = String(repeating: "x", count: 200)
        for (line, passed) in [
            ("{\"command\":\"LOGIN\",\"since\":\"" + long, nil), ("{\"command\":\"AUTHENTICATE\"" + long, nil),
            ("{\"command\":\"REGISTER\"" + long, 100),
            ("{\"command\":\"LOGIN\"" + String(repeating: long, count: 5), 1000),
            ("{\"command\":\"AUTHENTICATE\"" + String(repeating: long, count: 5), nil),
            ("{\"command\":\"AUTHENTICATE\"" + String(repeating: long, count: 10), 2000),
        ] as [(String, Int?)] {
            #expect(limit.passed(by: Array(line.utf8).span.bytes) == passed)
        }
    }

    @Test func theLengthBytesOfTheOriginalsClientsAreDropped() {
        #expect(lines("\u{0}+{a}\n") == ["{a}"])
        #expect(lines("\u{1}{a}\n") == ["{a}"])
        // Lengths of 123, and of 31,488 and more: one of their bytes is a brace.
        #expect(lines("\u{0}{{a}\n") == ["{a}"])
        #expect(lines("{\u{5}{a}\n") == ["{a}"])
        #expect(lines("{\"{\":1}\n") == ["{\"{\":1}"])
    }

    @Test func lengthBytesThatLookLikeLineEndsAreDroppedToo() {
        // Lengths of 0x0A10 and 0x010A. 0x0D10 looks like a bare CR.
        #expect(lines([[0x0A, 0x10] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x01, 0x0A] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0D, 0x10] + Array("{a}\n".utf8)]) == ["{a}"])
    }

    @Test func theNextBytesTellHalfAPrefixFromABlankLine() {
        #expect(lines([[0x0A], [0x2B] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0A], [0x2B], Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x01, 0x0A], Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0A]], ends: true) == [""])
        var framing = LineFraming()
        let outcome = framing.read([UInt8(0x0A)].span.bytes, limit: LineLimit(100)) { _, _ in .more }
        guard case .undecided = outcome else {
            Issue.record("it can't be told yet")
            return
        }
        var found = 0
        _ = framing.decide(limit: LineLimit(100)) { line, _ in
            found += line.byteCount == 0 ? 1 : 100
            return .more
        }
        #expect(found == 1)
    }

    // MARK: Lines with lengths

    /// A line as Java's `writeUTF` writes it, padded until its length is the given one.
    private func measured(_ text: String, length: Int? = nil) -> [UInt8] {
        measured(Array(text.utf8), length: length)
    }

    private func measured(_ text: [UInt8], length: Int? = nil) -> [UInt8] {
        let padding = [UInt8](repeating: 32, count: (length ?? text.count + 1) - text.count - 1)
        let count = text.count + padding.count + 1
        return [UInt8(count >> 8), UInt8(count & 0xff)] + text + padding + [10]
    }

    @Test func aSenderOfLengthsIsRecognisedByOneThatFits() {
        for (bytes, isKnown) in [
            (measured("{a}"), true), (measured("{a}\r"), true), (Array("{a}\n".utf8), false),
            ([0x00, 0x05] + Array("{a}\n".utf8), false), ([0x00, 0x2b] + Array("{a}\n".utf8), false),
            (Array("  {a}\n".utf8), false), (Array("\t{a}\n".utf8), false),
            // The length covers more than one line.
            ([0x00, 0x08] + Array("{a}\n{b}\n".utf8), false),
        ] {
            var framing = LineFraming()
            var last = false
            _ = framing.read(bytes.span.bytes, limit: LineLimit(100)) { _, hasLengths in
                last = hasLengths
                return .more
            }
            #expect(last == isKnown && framing.hasLengths == isKnown, "\(bytes)")
        }
    }

    /// Lengths whose bytes look like line ends, braces and blanks. Each message is split at every position, alone and
    /// behind another line.
    @Test(arguments: [
        0x000A, 0x000D, 0x010A, 0x010D, 0x0A0A, 0x0A0D, 0x0D0A, 0x0D0D, 0x0A7B, 0x0D7B, 0x200A, 0x200D, 0x7B0A, 0x7B22,
        0x7B7B, 0x2020, 0x0A00, 0xFF0A,
    ])
    func aMessageEndsWhereItsLengthSays(length: Int) {
        let second = measured("{\"a\":1}", length: length)
        let bytes = measured("{a}") + second + measured("{b}")
        for cut in Array(0...20) + Array(second.count - 3...second.count + 8) {
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            let found = lines(pieces, limit: 65_536).map { String($0.prefix { $0 != " " }) }
            #expect(found == ["{a}", "{\"a\":1}", "{b}"], "cut at \(cut)")
        }
        if length <= 0x200D {
            let found = lines(bytes.map { [$0] }, limit: 65_536).map { String($0.prefix { $0 != " " }) }
            #expect(found == ["{a}", "{\"a\":1}", "{b}"])
        }
    }

    @Test func theFirstMessageMayHaveAnyLength() {
        for length in [0x000A, 0x0A0A, 0x0D0A, 0x0A0D, 0x0D0D, 0x200A] {
            let bytes = measured("{\"a\":1}", length: length)
            let found = lines([bytes], limit: 65_536)
            #expect(found.map(\.utf8.count) == [length - 1], "\(length)")
        }
    }

    @Test func aMeasuredLineIsTooLongBeforeItsEndIsSeen() {
        let bytes = measured("{a}") + measured("{b}", length: 1000)
        #expect(lines([Array(bytes.prefix(200))], limit: 100) == ["{a}", "<too long>"])
        #expect(lines([bytes], limit: 100) == ["{a}", "<too long>"])
    }

    @Test func aSenderOfLengthsMayLeaveThemOut() {
        #expect(lines([measured("{\"a\":1}") + Array("{\"b\":2}\n{\"c\":3}\n".utf8)]).count == 3)
        #expect(lines([measured("{a}") + [0x00]], ends: true) == ["{a}", "\u{0}"])
    }

    @Test func modifiedUTF8IsTurnedIntoPlainUTF8OfWhoWritesLengthsAlone() {
        func found(_ text: [UInt8], isMeasured: Bool = true) -> [UInt8]? {
            var framing = LineFraming()
            var found: [UInt8]?
            let line = Array("{".utf8) + text + Array("}".utf8)
            let bytes = isMeasured ? measured(line) : line + [10]
            _ = framing.read(bytes.span.bytes, limit: LineLimit(100)) { line, _ in
                found = line.withUnsafeBytes { Array($0.dropFirst().dropLast()) }
                return .more
            }
            return found
        }
        let face: [UInt8] = [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]
        #expect(found(face) == Array("😀".utf8))
        #expect(found(face, isMeasured: false) == face)
        #expect(found(Array("ü€".utf8) + face + face + [0xC0, 0x80]) == Array("ü€😀😀\0".utf8))
        // The first and the last character that need two surrogates.
        #expect(found([0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80]) == Array("\u{10000}".utf8))
        #expect(found([0xED, 0xAF, 0xBF, 0xED, 0xBF, 0xBF]) == Array("\u{10FFFF}".utf8))
        // Half of a pair, a pair in the wrong order, and bytes that are no surrogate stay as they are: malformed UTF-8,
        // or a Korean letter.
        for other: [UInt8] in [
            [0xED, 0xA0, 0xBD], [0xED, 0xB8, 0x80], [0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD],
            [0xED, 0xA0, 0xBD, 0xED, 0xA0, 0xBD],
            [0xED, 0xA0, 0xBD, 0x41], [0xC0], [0xC0, 0x81], [0xED, 0x9F, 0xBF], [0xED], [0xED, 0xA0],
        ] {
            #expect(found(other) == other, "\(other)")
        }
        // Plain UTF-8 with a length before it is accepted as well.
        #expect(found(Array("😀".utf8)) == Array("😀".utf8))
    }

    /// `make fuzz` found it: the CR ended the line as one of another sender, and its text stayed as Java writes it.
    @Test func aMeasuredLineIsTheSameIfItIsCutBetweenCRAndLF() {
        let text = Array("{\"a\":\"".utf8) + [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80] + Array("\"}\r\n".utf8)
        let stream = [0, UInt8(text.count)] + text
        let line = "{\"a\":\"\u{1F600}\"}"
        #expect(lines([stream]) == [line])
        #expect(lines([Array(stream.dropLast()), [10]]) == [line])
        #expect(lines([Array(stream.dropLast())], ends: true) == [line])
    }

    @Test func aBlankLineIsPassedOn() {
        #expect(lines("\n{a}\n") == ["", "{a}"])
    }

    @Test func aReaderThatWaitsGetsTheRestLater() {
        var framing = LineFraming()
        var found: [String] = []
        let bytes = Array("{a}\n{b}\n{c".utf8)
        _ = framing.read(bytes.span.bytes, limit: LineLimit(100)) { line, _ in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .wait
        }
        #expect(found == ["{a}"])
        _ = framing.readKept(limit: LineLimit(100)) { line, _ in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .more
        }
        #expect(found == ["{a}", "{b}"])
        _ = framing.read(Array("}\n".utf8).span.bytes, limit: LineLimit(100)) { line, _ in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .more
        }
        #expect(found == ["{a}", "{b}", "{c}"])
    }

    @Test func betweenMessagesNothingIsKept() {
        var framing = LineFraming()
        _ = framing.read(Array("{a}\n".utf8).span.bytes, limit: LineLimit(100)) { _, _ in .more }
        #expect(framing.keptBytes == 0)
    }
}

import Testing

@testable import Wire

@Suite struct LineFramingTests {
    /// The lines found when these pieces come one after the other.
    private func lines(_ pieces: String..., limit: Int = 100, ends: Bool = false) -> [String] {
        lines(pieces.map { Array($0.utf8) }, limit: limit, ends: ends)
    }

    private func lines(_ pieces: [[UInt8]], limit: Int = 100, ends: Bool = false) -> [String] {
        var framing = LineFraming()
        var found: [String] = []
        for piece in pieces {
            let outcome = framing.read(piece.span.bytes, limit: LineLimit(limit)) { line in
                found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                return .more
            }
            if case .tooLong = outcome { found.append("<too long>") }
        }
        if ends {
            _ = framing.end(limit: LineLimit(limit)) { line in
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
        let limit = LineLimit(100, opening: 1000)
        let long = String(repeating: "x", count: 200)
        for (line, isPassed) in [
            ("{\"command\":\"LOGIN\",\"since\":\"" + long, false), ("{\"command\":\"AUTHENTICATE\"" + long, false),
            ("{\"command\":\"REGISTER\"" + long, true),
            ("{\"command\":\"LOGIN\"" + String(repeating: long, count: 5), true),
        ] {
            #expect(limit.isPassed(by: Array(line.utf8).span.bytes) == isPassed)
        }
    }

    @Test func theLengthBytesOfTheOriginalsClientsAreDropped() {
        #expect(lines("\u{0}+{a}\n") == ["{a}"])
        #expect(lines("\u{1}{a}\n") == ["{a}"])
        // 123 bytes, and 31,488 and more: a length byte is itself a brace.
        #expect(lines("\u{0}{{a}\n") == ["{a}"])
        #expect(lines("{\u{5}{a}\n") == ["{a}"])
        #expect(lines("{\"{\":1}\n") == ["{\"{\":1}"])
    }

    @Test func alsoWhereALengthByteLooksLikeALineEnd() {
        // 0x0A10 and 0x010A bytes; 0x0D10 looks like a bare CR.
        #expect(lines([[0x0A, 0x10] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x01, 0x0A] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0D, 0x10] + Array("{a}\n".utf8)]) == ["{a}"])
    }

    @Test func halfOfAPrefixIsToldFromABlankLineByWhatFollows() {
        #expect(lines([[0x0A], [0x2B] + Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0A], [0x2B], Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x01, 0x0A], Array("{a}\n".utf8)]) == ["{a}"])
        #expect(lines([[0x0A]], ends: true) == [""])
        var framing = LineFraming()
        let outcome = framing.read([UInt8(0x0A)].span.bytes, limit: LineLimit(100)) { _ in .more }
        guard case .undecided = outcome else {
            Issue.record("it can't be told yet")
            return
        }
        var found = 0
        _ = framing.decide(limit: LineLimit(100)) { line in
            found += line.byteCount == 0 ? 1 : 100
            return .more
        }
        #expect(found == 1)
    }

    @Test func aBlankLineIsHandedOn() {
        #expect(lines("\n{a}\n") == ["", "{a}"])
    }

    @Test func aReaderThatWaitsFindsTheRestLater() {
        var framing = LineFraming()
        var found: [String] = []
        let bytes = Array("{a}\n{b}\n{c".utf8)
        _ = framing.read(bytes.span.bytes, limit: LineLimit(100)) { line in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .wait
        }
        #expect(found == ["{a}"])
        _ = framing.readKept(limit: LineLimit(100)) { line in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .more
        }
        #expect(found == ["{a}", "{b}"])
        _ = framing.read(Array("}\n".utf8).span.bytes, limit: LineLimit(100)) { line in
            found.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            return .more
        }
        #expect(found == ["{a}", "{b}", "{c}"])
    }

    @Test func betweenMessagesNothingIsKept() {
        var framing = LineFraming()
        _ = framing.read(Array("{a}\n".utf8).span.bytes, limit: LineLimit(100)) { _ in .more }
        #expect(framing.keptBytes == 0)
    }
}

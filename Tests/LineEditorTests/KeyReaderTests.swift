import Testing

@testable import LineEditor

@Suite("Keys of a terminal")
struct KeyReaderTests {
    private func keys(_ pieces: String...) -> [Key] {
        var reader = KeyReader()
        return pieces.flatMap { reader.read($0.utf8) }
    }

    private func text(_ text: String) -> Key { .text(Array(text.unicodeScalars)) }

    @Test("text in any language is text")
    func plain() {
        #expect(keys("hä 日本 🌳") == [text("hä 日本 🌳")])
    }

    @Test("a key of several bytes is one key, also if it comes in pieces")
    func pieces() {
        #expect(keys("\u{1b}[A\u{1b}OB\u{1b}[1;5D\u{1b}f") == [.up, .down, .edit(.wordLeft), .edit(.wordRight)])
        var reader = KeyReader()
        #expect(reader.read([0x1b]) == [])
        #expect(reader.isWaiting)
        #expect(reader.read([0x5b]) == [])
        #expect(reader.read([0x33]) == [])
        #expect(reader.read([0x7e]) == [.edit(.deleteAfter)])
        #expect(!reader.isWaiting)
        #expect(reader.read([0xf0, 0x9f]) == [])
        #expect(!reader.isWaiting)
        #expect(reader.read([0x8c, 0xb3]) == [text("🌳")])
    }

    @Test("an Escape is a key of its own once nothing follows")
    func escape() {
        var reader = KeyReader()
        #expect(reader.read([0x1b]) == [])
        #expect(reader.stopWaiting() == [.cancel])
        #expect(reader.stopWaiting() == [])
        #expect(reader.read([0x1b, 0x1b, 0x5b, 0x41]) == [.cancel, .up])
    }

    @Test("sequences that mean nothing here leave no text behind")
    func unknown() {
        #expect(
            keys("a\u{1b}[24;2~b\u{1b}[?1;2cc\u{1b}[200\u{1b}[Cd") == [
                text("a"), text("b"), text("c"), .edit(.right), text("d"),
            ])
        #expect(keys("\u{1b}[" + String(repeating: "1", count: 40) + "x").last == text("1111111111x"))
    }

    @Test("malformed UTF-8 is repaired, and no key is lost")
    func broken() {
        var reader = KeyReader()
        #expect(reader.read([0xc3, 0x0a]) == [text("\u{fffd}"), .enter])
        #expect(reader.read([0xff, 0x61]) == [text("\u{fffd}a")])
    }

    @Test("a paste is one key, and its line ends and control characters are no keys")
    func pasted() {
        let paste = Key.pasted(Array("one\ntwo\u{1b}[A".unicodeScalars))
        #expect(keys("x\u{1b}[200~one\ntwo\u{1b}[A\u{1b}[201~\r") == [text("x"), paste, .enter])
        var reader = KeyReader()
        var all: [Key] = []
        for byte in "\u{1b}[200~one\ntwo\u{1b}[A\u{1b}[201~\n".utf8 { all += reader.read([byte]) }
        #expect(all == [paste, .enter])
    }

    @Test("the rest of a paste that is too long is dropped, and its end is still found")
    func longPaste() {
        var reader = KeyReader(pasteLimitBytes: 10)
        let keys = reader.read("\u{1b}[200~\(String(repeating: "a", count: 100))\u{1b}[201~b".utf8)
        guard case .pasted(let pasted)? = keys.first else {
            Issue.record("no paste: \(keys)")
            return
        }
        #expect((10...20).contains(pasted.count))
        #expect(keys.last == text("b"))
    }
}

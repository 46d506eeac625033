import Secrets
import Testing

@Suite("Base64")
struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(
        "the examples of the standard",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func examples(text: String, coded: String) {
        #expect(Base64.text(Array(text.utf8)) == coded)
        #expect(Base64.bytes(coded) == Array(text.utf8))
    }

    @Test("other texts are refused", arguments: ["Zg", "Z", "Zg==x", "Zm9v Zm9v", "Zm9%", "Zm9v\n"])
    func refused(text: String) {
        #expect(Base64.bytes(text) == nil)
    }
}

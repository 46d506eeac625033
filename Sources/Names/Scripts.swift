/// Which scripts may stand together in one name: one, besides what all scripts share; or Latin with those of Japanese,
/// of Chinese or of Korean ("highly restrictive" of UTS 39, section 5.2). So nobody has `anna` with a Cyrillic а.
enum Scripts {
    private static let together: [Set<String>] = [
        ["Latin", "Han", "Hiragana", "Katakana"], ["Latin", "Han", "Bopomofo"], ["Latin", "Han", "Hangul"],
    ]

    /// Two scripts in a text that may not stand together; nil if there are none.
    static func mixed(in text: [UInt32]) -> (String, String)? {
        var scripts: [String] = []
        for character in text {
            guard let script = Unistring.script(of: character), script != "Common", script != "Inherited",
                !scripts.contains(script)
            else { continue }
            if let other = scripts.first(where: { !mayStandTogether($0, script) }) {
                return (readable(other), readable(script))
            }
            scripts.append(script)
        }
        return nil
    }

    private static func mayStandTogether(_ one: String, _ other: String) -> Bool {
        together.contains { $0.contains(one) && $0.contains(other) }
    }

    private static func readable(_ script: String) -> String {
        String(script.map { $0 == "_" ? " " : $0 })
    }

    /// UTS 39, section 5.3: digits that look alike may have other values in other scripts.
    static func mixesDigits(_ text: [UInt32]) -> Bool {
        let zeros = text.compactMap { character in Unistring.digit(character).map { character - $0 } }
        return zeros.contains { $0 != zeros[0] }
    }
}

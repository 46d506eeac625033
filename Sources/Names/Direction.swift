/// Whether the order of the letters in a word can be told from how it is shown: the Bidi Rule of RFC 5893, section 2,
/// which RFC 8265 asks for. It applies to words that have a letter written from the right.
enum Direction {
    static func isClear(in word: ArraySlice<UInt32>) -> Bool {
        let kinds = word.map { Unistring.direction(of: $0) }
        guard kinds.contains(where: { [.right, .arabicLetter, .arabicNumber].contains($0) }) else { return true }
        // What marks belong to decides at the end.
        guard let last = kinds.last(where: { $0 != .mark }) else { return false }
        switch kinds[0] {
        case .right, .arabicLetter:
            let isMixed = kinds.contains(.arabicNumber) && kinds.contains(.europeanNumber)
            return !isMixed && !kinds.contains(.left) && !kinds.contains(.unclear)
                && [.right, .arabicLetter, .europeanNumber, .arabicNumber].contains(last)
        // A word that begins from the left has nothing from the right.
        default: return false
        }
    }

    /// The bidirectional classes, as far as the rule tells them apart.
    enum Kind {
        case left
        case right
        case arabicLetter
        case arabicNumber
        case europeanNumber
        /// ES, CS, ET, ON and BN.
        case neutral
        case mark
        /// None of them may stand in a word that has letters from the right.
        case unclear
    }
}

/// A value as it was given for a setting, in the form that the program's flag takes: numbers in the setting's unit,
/// `true` or `false`, several values where a flag may be repeated.
public struct SettingValue: Sendable, Equatable {
    public let texts: [String]
    public let source: SettingSource

    /// - Throws: what is wrong with it, as the rest of a sentence about the setting.
    init(_ given: [String], _ setting: Setting, from source: SettingSource) throws(Flaw) {
        self.source = source
        var texts: [String] = []
        for text in given { texts.append(try Self.checked(text, setting)) }
        guard !texts.isEmpty else { throw Flaw("needs a value") }
        if texts.count > 1, !setting.isRepeating {
            guard setting.isList else { throw Flaw("takes one value, not \(texts.count)") }
            // Flags take lists with commas between their values.
            texts = [texts.joined(separator: ",")]
        }
        self.texts = texts
    }

    /// Checks one element of a list.
    static func check(_ element: String, _ setting: Setting) throws(Flaw) { _ = try checked(element, setting) }

    struct Flaw: Error {
        let words: String

        init(_ words: String) { self.words = words }
    }

    private static func checked(_ text: String, _ setting: Setting) throws(Flaw) -> String {
        switch setting.kind {
        case .yesOrNo:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return "true"
            case "false", "no", "off", "0": return "false"
            default: throw Flaw("takes true or false, not \(text)")
            }
        case .text:
            if let flaw = setting.facts.flaw {
                for element in text.split(separator: ",") {
                    if let words = flaw(String(element)) { throw Flaw(words) }
                }
            }
            guard !setting.allowed.isEmpty, !setting.allowed.contains(text) else { return text }
            throw Flaw(
                "takes \(list(setting.allowed)), not \(text)\(NearestName.hint(text, among: setting.allowed))")
        case .count:
            guard let number = Int(text) else { throw Flaw("takes a whole number, not \(text)") }
            return "\(try inRange(number, setting, unit: ""))"
        case .amount(let unit):
            guard let number = unit.number(text) else { throw Flaw("takes \(unit.examples), not \(text)") }
            return "\(try inRange(number, setting, unit: " \(unit.words)"))"
        }
    }

    private static func inRange(_ number: Int, _ setting: Setting, unit: String) throws(Flaw) -> Int {
        guard let range = setting.facts.range, !range.contains(number) else { return number }
        if number == 0, setting.facts.zero != nil { return 0 }
        throw Flaw("has to be \(setting.rangeWords ?? ""), not \(number)")
    }

    private static func list(_ names: [String]) -> String {
        names.count < 2
            ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    }
}

extension Setting {
    /// The numbers that it may have: `5 to 3600 seconds`; nil if it has no range.
    public var rangeWords: String? {
        guard let range = facts.range else { return nil }
        let unit = if case .amount(let unit) = kind { " " + unit.words } else { "" }
        let numbers =
            range.upperBound == .max
            ? "at least \(range.lowerBound)\(unit)" : "\(range.lowerBound) to \(range.upperBound)\(unit)"
        return facts.zero.map { "\(numbers), or 0 for \($0)" } ?? numbers
    }
}

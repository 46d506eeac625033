/// Writes settings as a configuration file with a comment for each.
public struct SettingsPage: Sendable {
    let list: SettingList
    /// Columns of a comment's line.
    static let width = 100

    public init(_ list: SettingList) {
        self.list = list
    }

    /// A file that says what a program uses.
    ///
    /// - Parameter given: nil for the defaults alone. A setting without a fixed default stands in a comment.
    public func text(_ given: GivenSettings? = nil) -> String {
        var text = """
            # The settings of \(list.program), as a file for --config FILE. Each line NAME: VALUE is also
            # the flag --NAME and the variable COPPICE_NAME, which win over the file.

            """
        var section: String?
        for setting in list.settings {
            if setting.section != section, let title = setting.section { text += "\n# ── \(title) ──\n" }
            section = setting.section
            text += "\n" + comment(setting) + line(setting, given?.values[setting.name]) + "\n"
        }
        return text
    }

    private func line(_ setting: Setting, _ value: SettingValue?) -> String {
        if setting.isSecret {
            return value == nil ? "# \(setting.name):" : "# \(setting.name): (set by \(value!.source.place), not shown)"
        }
        if let value {
            let texts = value.texts.map(Self.scalar)
            return "\(setting.name): " + (texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
        }
        guard let fixed = setting.fixedDefault else { return "# \(setting.name): \(setting.valueName.uppercased())" }
        return "\(setting.name): \(Self.scalar(fixed))"
    }

    private func comment(_ setting: Setting) -> String {
        var words = setting.help
        if let range = setting.rangeWords,
            setting.facts.range.map({ $0.lowerBound > 0 || $0.upperBound < 1 << 30 }) == true
        {
            words += " Range: \(range)."
        }
        if !setting.allowed.isEmpty { words += " One of: \(setting.allowed.joined(separator: ", "))." }
        if let reason = setting.facts.reason { words += " Default: \(reason)" }
        words += setting.facts.change == .running ? " [changes on SIGHUP]" : " [needs a restart]"
        var lines = ["#"]
        for word in words.split(whereSeparator: \.isWhitespace) {
            if lines[lines.count - 1].count + 1 + word.count > Self.width { lines.append("#") }
            lines[lines.count - 1] += " " + word
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A text as a YAML value that reads as the same text.
    static func scalar(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "-_./+:".unicodeScalars.contains($0)
        }
        let isPlain =
            plain && !text.isEmpty && !["null", "~"].contains(text) && !text.hasPrefix("-") && !text.hasPrefix(":")
            && !text.hasSuffix(":")
        return isPlain || Int(text) != nil ? text : "'" + text.replacing("'", with: "''") + "'"
    }
}

extension Setting {
    /// The default, if it is a value that can be given.
    fileprivate var fixedDefault: String? {
        guard let text = defaultValue else { return nil }
        return try? SettingValue([text], self, from: .flag("")).texts.first
    }
}

/// Takes the settings out of a command line, and leaves what is no setting to the argument parser.
struct CommandLineSettings {
    /// By the name of the setting.
    private(set) var values: [String: SettingValue] = [:]
    /// Arguments that are no settings, or lack their value: the parser knows what to say about them.
    private(set) var rest: [String] = []

    /// - Throws: all values that are wrong.
    init(_ arguments: [String], _ list: SettingList) throws(SettingMistakes) {
        var given: [(setting: Setting, flag: String, text: String)] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                self.rest += [argument] + rest
                break
            }
            let (flag, joined) = Self.split(argument)
            guard let setting = list.settings.first(where: { $0.flags.contains(flag) }) else {
                self.rest.append(argument)
                continue
            }
            if let joined {
                given.append((setting, flag, joined))
            } else if setting.kind == .yesOrNo {
                given.append((setting, flag, "true"))
            } else if let next = rest.first, !Self.isFlag(next) {
                given.append((setting, flag, next))
                rest.removeFirst()
            } else {
                self.rest.append(argument)
            }
        }
        var texts: [String: [String]] = [:]
        for (setting, _, text) in given {
            // As in every program, the last one counts.
            texts[setting.name] = setting.isRepeating ? texts[setting.name, default: []] + [text] : [text]
        }
        var mistakes: [String] = []
        for (setting, flag, _) in given where values[setting.name] == nil {
            do throws(SettingValue.Flaw) {
                values[setting.name] = try SettingValue(texts[setting.name] ?? [], setting, from: .flag(flag))
            } catch {
                let line = "\(SettingSource.flag(flag).subject(setting)) \(error.words)"
                if !mistakes.contains(line) { mistakes.append(line) }
            }
        }
        guard mistakes.isEmpty else { throw SettingMistakes(mistakes) }
    }

    /// `--name=value` in its parts.
    private static func split(_ argument: String) -> (flag: String, value: String?) {
        guard argument.hasPrefix("-"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }

    /// Whether an argument is no value. A number below 0 is one.
    private static func isFlag(_ argument: String) -> Bool {
        argument.hasPrefix("-") && argument != "-" && Int(argument) == nil
    }
}

/// What is wrong with the settings that a program was given: each line names the place and what to do.
public struct SettingMistakes: Error, Sendable, CustomStringConvertible {
    public let lines: [String]

    /// Nobody reads more at once.
    static let most = 8

    init(_ lines: [String]) {
        guard lines.count > Self.most else {
            self.lines = lines
            return
        }
        let shown = lines.prefix(Self.most - 1)
        self.lines =
            shown + ["\(lines.count - shown.count) more settings are wrong: they are named once these are right"]
    }

    public var description: String { lines.joined(separator: "\n") }
}

/// Where a value comes from. The last of the three wins.
public enum SettingSource: Sendable, Equatable {
    case file(String, line: Int)
    case variable(String)
    case flag(String)

    /// The place, as the subject of a message about this setting.
    func subject(_ setting: Setting) -> String {
        switch self {
        case .file(let path, let line): "\(path):\(line): \(setting.name)"
        case .variable(let name): name
        case .flag: setting.flagName
        }
    }

    /// The place alone.
    public var place: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .variable(let name): name
        case .flag(let flag): flag
        }
    }
}

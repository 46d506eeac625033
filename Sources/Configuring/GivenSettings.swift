import UV

/// The settings that a program was given, by the command line, the environment and a file: for each setting the first
/// of these that has it.
public struct GivenSettings: Sendable {
    public let list: SettingList
    /// By the name of the setting.
    public private(set) var values: [String: SettingValue]
    /// The whole command line after the command's name.
    public let commandLine: [String]
    /// Arguments of the command line that are no settings.
    public let rest: [String]
    /// The configuration file; nil if there is none.
    public let file: String?
    /// What is not wrong, and most likely not meant either.
    public let warnings: [String]

    /// The setting that names the configuration file; it can't stand in one.
    public static let file = "config"

    /// - Parameters:
    ///   - arguments: the command line, without the program's name.
    ///   - list: the program's settings, without that of the file.
    ///   - environment: all variables.
    ///   - ownVariables: settings whose variable the program reads by itself.
    ///   - others: the settings of other programs, for a file that was meant for one of them.
    /// - Throws: all that is wrong in the first of the three that has something wrong.
    public init(
        _ arguments: [String], _ list: SettingList, environment: [String: String], ownVariables: Set<String>,
        others: () -> [SettingList] = { [] }
    ) throws(SettingMistakes) {
        self.list = list
        commandLine = arguments
        let line = try CommandLineSettings(arguments, list)
        let (path, rest) = Self.takeFile(line.rest)
        self.rest = rest
        var values = line.values
        var mistakes: [String] = []
        for setting in list.settings where values[setting.name] == nil && !ownVariables.contains(setting.name) {
            // An empty variable is an unset one, as in `${NAME:-}` of a shell or of compose.
            guard let text = environment[setting.variable], !text.isEmpty else { continue }
            let source = SettingSource.variable(setting.variable)
            do throws(SettingValue.Flaw) {
                values[setting.name] = try SettingValue(
                    setting.isRepeating ? text.split(separator: ",").map(String.init) : [text], setting, from: source)
            } catch {
                mistakes.append("\(source.subject(setting)) \(error.words)")
            }
        }
        guard mistakes.isEmpty else { throw SettingMistakes(mistakes) }
        var warnings = Self.misspelt(environment, list)
        let variable = environment[Setting.variablePrefix + Self.file.uppercased()]
        file = path ?? variable.flatMap { $0.isEmpty ? nil : $0 }
        if let file {
            let inFile = try Self.read(file, named: path == nil ? "COPPICE_CONFIG" : "--config", list, others)
            let namesSecretFile = values["secret-file"] != nil
            for (name, value) in inFile where values[name] == nil {
                // A secret in the environment is nearer than one in the file, and so is a file that a flag names.
                if ownVariables.contains(name), let own = list[name] {
                    if environment[own.variable]?.isEmpty == false { continue }
                    if namesSecretFile { continue }
                }
                values[name] = value
            }
            let secrets = list.settings.filter { $0.isSecret && inFile[$0.name] != nil }
            if !secrets.isEmpty, Files.isReadableByOthers(file) {
                let names = secrets.map(\.name).joined(separator: ", ")
                warnings.append("other users can read the secret in \(file) (\(names)): chmod 600 \(file)")
            }
        }
        self.values = values
        self.warnings = warnings
    }

    private init(_ base: GivenSettings, _ values: [String: SettingValue]) {
        list = base.list
        self.values = values
        rest = base.rest
        commandLine = base.commandLine
        file = base.file
        warnings = []
    }

    /// The arguments that say the same to the argument parser.
    public var arguments: [String] {
        var result = rest
        for setting in list.settings {
            guard let value = values[setting.name] else { continue }
            if setting.kind == .yesOrNo {
                if value.texts == ["true"] { result.append(setting.longFlag) }
            } else {
                // The parser takes an empty value as an argument of its own only.
                let flag = setting.longFlag
                for text in value.texts { result += text.isEmpty ? [flag, ""] : ["\(flag)=\(text)"] }
            }
        }
        return result
    }

    /// Where the configuration file has a setting, for messages; nil if its value doesn't come from there.
    public func line(of name: String) -> String? {
        guard let value = values[name], case .file = value.source else { return nil }
        return "\(name) in \(value.source.place)"
    }

    /// The places of the settings that a message names by their flags, if they aren't the command line.
    public func places(in message: String) -> [String] {
        var words = Set<Substring>()
        for word in message.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "-") }) { words.insert(word) }
        return list.settings.compactMap { setting in
            guard let value = values[setting.name], setting.flags.contains(where: { words.contains($0[...]) }) else {
                return nil
            }
            if case .flag = value.source { return nil }
            return "\(setting.longFlag) is set by \(value.source.place)"
        }
    }

    // MARK: Changes

    /// What a new reading of the same settings has changed.
    public struct Changes: Sendable {
        /// Settings that a running program can change, in the order of the list.
        public let running: [Setting]
        public let restart: [Setting]
        /// The old values, and the new ones of the settings in `running`.
        public let reachable: GivenSettings
    }

    public func changes(to new: GivenSettings) -> Changes {
        let changed = list.settings.filter { values[$0.name]?.texts != new.values[$0.name]?.texts }
        let running = changed.filter { $0.facts.change == .running }
        var mixed = values
        for setting in running { mixed[setting.name] = new.values[setting.name] }
        return Changes(
            running: running, restart: changed.filter { $0.facts.change == .restart },
            reachable: GivenSettings(self, mixed))
    }

    /// How a value reads in a message: `64 seconds`, `none given`, and nothing of a secret.
    public func words(_ setting: Setting) -> String {
        guard let value = values[setting.name] else { return setting.defaultValue ?? "the default" }
        return setting.isSecret ? "another secret" : value.texts.joined(separator: ", ")
    }

    // MARK: Parts

    private static func read(
        _ path: String, named: String, _ list: SettingList, _ others: () -> [SettingList]
    ) throws(SettingMistakes) -> [String: SettingValue] {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limitBytes: SettingFile.limitBytes)
        } catch {
            throw SettingMistakes(["\(error): check \(named)"])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingMistakes(["\(path) is no text in UTF-8: check \(named)"])
        }
        return try SettingFile(text, path: path, namedBy: named, list, others: others).values
    }

    /// Takes `--config FILE` out of the arguments.
    private static func takeFile(_ arguments: [String]) -> (path: String?, rest: [String]) {
        var path: String?
        var rest: [String] = []
        var left = arguments[...]
        while let argument = left.popFirst() {
            if argument.hasPrefix("--\(file)=") {
                path = String(argument.dropFirst(file.count + 3))
            } else if argument == "--\(file)", let next = left.first {
                path = next
                left.removeFirst()
            } else {
                rest.append(argument)
            }
        }
        return (path, rest)
    }

    /// Variables whose names are nearly those of settings. Others may be meant for other programs.
    private static func misspelt(_ environment: [String: String], _ list: SettingList) -> [String] {
        let known = list.settings.map(\.variable)
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix(Setting.variablePrefix), !known.contains(name) else { return nil }
            let own = String(name.dropFirst(Setting.variablePrefix.count))
            let near = NearestName.of(own, among: known.map { String($0.dropFirst(Setting.variablePrefix.count)) })
            return near.map { "\(name) is no setting of \(list.program): did you mean \(Setting.variablePrefix)\($0)?" }
        }
    }
}

extension Setting {
    var longFlag: String { "--" + name }
}

import JSON

/// The settings of one program, in the order of its help. They are made from the flags that the program declares, so
/// that a new flag is a variable and a key of the file as well.
public struct SettingList: Sendable {
    /// The program, for messages: `coppice node`.
    public let program: String
    public let settings: [Setting]

    /// - Parameters:
    ///   - dump: what the argument parser says of the program (`--experimental-dump-help`).
    ///   - facts: by the name of a setting.
    ///   - others: names of flags that are no settings.
    public init(_ program: String, dump: String, facts: [String: SettingFacts], others: Set<String>) throws(JSONError) {
        self.program = program
        let json = try JSONObject(parsing: Array(dump.utf8).span.bytes, mayBeDense: true)
        var settings: [Setting] = []
        for argument in json.value("command")?["arguments"]?.array ?? [] {
            guard let setting = Setting(argument, facts), !others.contains(setting.name) else { continue }
            settings.append(setting)
        }
        self.settings = settings
    }

    public subscript(name: String) -> Setting? { settings.first { $0.name == name } }

    var names: [String] { settings.map(\.name) }
}

extension Setting {
    /// Nil for an argument that isn't a setting: hidden, or without a long name.
    fileprivate init?(_ json: JSONValue, _ facts: [String: SettingFacts]) {
        guard let kind = json["kind"]?.string, kind != "positional" else { return nil }
        guard json["shouldDisplay"]?.bool != false else { return nil }
        var flags: [String] = []
        var long: String?
        for entry in json["names"]?.array ?? [] {
            guard let name = entry["name"]?.string else { continue }
            let isLong = entry["kind"]?.string == "long"
            flags.append((isLong ? "--" : "-") + name)
            if isLong { long = name }
        }
        guard let long, long != "help", long != "version" else { return nil }
        name = long
        self.flags = flags
        isRepeating = json["isRepeating"]?.bool == true
        valueName = kind == "flag" ? "" : json["valueName"]?.string ?? "value"
        defaultValue = kind == "flag" ? "false" : json["defaultValue"]?.string
        // An argument whose type has names for its values lists them; numbers have none.
        allowed = json["allValues"]?.array?.compactMap(\.string) ?? []
        help = json["abstract"]?.string ?? ""
        section = json["sectionTitle"]?.string
        let known = facts[long] ?? SettingFacts()
        self.facts = known
        self.kind =
            if kind == "flag" {
                .yesOrNo
            } else if let unit = SettingUnit(rawValue: valueName) {
                .amount(unit)
            } else if known.range != nil {
                .count
            } else {
                .text
            }
    }
}

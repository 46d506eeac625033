import Yams

/// A configuration file: YAML, with a line `NAME: VALUE` for each setting.
///
/// Only the shape is YAML's: what a value means is the setting's business, so `no`, `0123` and `1e3` stay the texts
/// that they are where a text is wanted.
struct SettingFile {
    /// Longer files are refused, in bytes: hundreds of times as long as one with all settings.
    static let limitBytes = 1 << 20

    let values: [String: SettingValue]

    /// - Parameters:
    ///   - path: for messages.
    ///   - flag: what named the file.
    ///   - others: the settings of other programs, of which it may be the file.
    /// - Throws: all that is wrong with it.
    init(
        _ text: String, path: String, namedBy flag: String = "--\(GivenSettings.file)", _ list: SettingList,
        others: () -> [SettingList] = { [] }
    ) throws(SettingMistakes) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw SettingMistakes([Self.complaint(error, path: path, text)])
        }
        guard let root else {
            values = [:]
            return
        }
        guard !Self.isNothing(root) else {
            values = [:]
            return
        }
        guard let mapping = root.mapping else {
            throw SettingMistakes(["\(path):\(root.mark?.line ?? 1): it takes lines as NAME: VALUE: check \(flag)"])
        }
        if let words = Self.wrongKind(mapping, list, others) {
            throw SettingMistakes(["\(path) \(words): check \(flag)"])
        }
        var mistakes: [String] = []
        var values: [String: SettingValue] = [:]
        for (key, node) in mapping {
            let line = key.mark?.line ?? 1
            guard let name = key.scalar?.string else {
                mistakes.append("\(path):\(line): it takes lines as NAME: VALUE")
                continue
            }
            guard let setting = list[name] else {
                mistakes.append("\(path):\(line): \(list.unknown(name))")
                continue
            }
            let source = SettingSource.file(path, line: line)
            let wrong = Self.wrongElements(of: node, setting).map { line, words in
                "\(SettingSource.file(path, line: line).subject(setting)) \(words)"
            }
            mistakes += wrong
            guard wrong.isEmpty else { continue }
            do throws(SettingValue.Flaw) {
                values[name] = try SettingValue(try Self.texts(node, setting), setting, from: source)
            } catch {
                mistakes.append("\(source.subject(setting)) \(error.words)")
            }
        }
        guard mistakes.isEmpty else { throw SettingMistakes(mistakes) }
        self.values = values
    }

    /// What kind of file it is, if it is none for this program: one most of whose names are strange, or are those of
    /// another program. A single name may be a mistake in typing, and so is one that is nearly a setting's.
    private static func wrongKind(
        _ mapping: Node.Mapping, _ list: SettingList, _ others: () -> [SettingList]
    ) -> String? {
        let names = mapping.compactMap { key, _ in key.scalar.map { (name: $0.string, line: key.mark?.line ?? 1) } }
        let strange = names.filter { list[$0.name] == nil }
        guard strange.count > 1 else { return nil }
        let first = "\(strange[0].name) in line \(strange[0].line)"
        if let other = others().first(where: { other in names.allSatisfy { other[$0.name] != nil } }) {
            return
                "has settings of \(other.program), and \(strange.count) of them are none of \(list.program), as "
                + first
        }
        let isUnknown = strange.allSatisfy { NearestName.of($0.name, among: list.names) == nil }
        guard isUnknown ? strange.count * 2 > names.count : strange.count == names.count else { return nil }
        guard isUnknown || names.count > SettingMistakes.most else { return nil }
        return "is no file of settings: \(strange.count) of its \(names.count) names are none of \(list.program), as "
            + first
    }

    /// The elements of a list that can't be there, with their lines.
    private static func wrongElements(of node: Node, _ setting: Setting) -> [(line: Int, words: String)] {
        guard let sequence = node.sequence, setting.isList else { return [] }
        return sequence.compactMap { element -> (line: Int, words: String)? in
            let line = element.mark?.line ?? node.mark?.line ?? 1
            guard let scalar = element.scalar else { return (line, "takes a list of plain values") }
            guard !isNothing(element) else {
                return (line, "has an empty line in its list: give a value, or leave it out")
            }
            do throws(SettingValue.Flaw) {
                try SettingValue.check(scalar.string, setting)
                return nil
            } catch {
                return (line, error.words)
            }
        }
    }

    /// Whether there is no value.
    private static func isNothing(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    private static func texts(_ node: Node, _ setting: Setting) throws(SettingValue.Flaw) -> [String] {
        switch node {
        case .scalar(let scalar):
            guard !isNothing(node) else {
                throw SettingValue.Flaw("has no value: give one, or leave the line out")
            }
            return [scalar.string]
        case .sequence(let sequence):
            guard setting.isList else {
                throw SettingValue.Flaw("takes one value, no list")
            }
            return sequence.compactMap { $0.scalar?.string }
        case .mapping, .alias: throw SettingValue.Flaw("takes a value, or a list of them")
        }
    }

    /// Whether a line begins with a key, as it is or in quotation marks.
    private static func isKey(_ name: String, in line: Substring) -> Bool {
        let start = line.drop { $0 == " " }
        return ["", "\"", "'"].contains { quote in
            start.hasPrefix(quote + name + quote)
                && start.dropFirst(name.count + 2 * quote.count).drop { $0 == " " }.first == ":"
        }
    }

    private static func complaint(_ error: any Error, path: String, _ text: String) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
            .composer(_, let problem, let mark, _)?:
            return "\(path):\(mark.line): it is no YAML: \(problem) (column \(mark.column))"
        case .duplicatedKeysInMapping(let names, _)?:
            // The error names the keys, and the line of the first key of all.
            let name = names.first ?? "a name"
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { isKey(name, in: $0.element) }.map { $0.offset + 1 }
            guard lines.count > 1 else { return "\(path): \(name) stands there twice" }
            return "\(path):\(lines[1]): \(name) stands there a second time, first in line \(lines[0])"
        case .reader(let problem, let offset, _, _)?:
            let line = offset.map { text.prefix($0).count { $0 == "\n" } + 1 } ?? 1
            return "\(path):\(line): it is no text: \(problem)"
        default: return "\(path): it is no YAML: \(error)"
        }
    }
}

extension SettingList {
    /// What to say about a name that is none of a setting.
    func unknown(_ name: String) -> String {
        let near =
            settings.first { $0.flags.contains { $0.drop { $0 == "-" } == name } }?.name
            ?? NearestName.of(name, among: names)
        return "\(name) is no setting of \(program)" + (near.map { ": did you mean \($0)?" } ?? "")
    }
}

import Yams

/// A configuration file: YAML, with a line `NAME: VALUE` for each setting.
///
/// Only the shape is YAML's: what a value means is the setting's business, so `no`, `0123` and `1e3` stay the texts
/// that they are where a text is wanted.
struct SettingFile {
    /// Longer files are refused, in bytes: hundreds of times as long as one with all settings.
    static let limitBytes = 1 << 20

    let values: [String: SettingValue]

    /// - Parameter path: for messages.
    /// - Throws: all that is wrong with it.
    init(_ text: String, path: String, _ list: SettingList) throws(SettingMistakes) {
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
            throw SettingMistakes(["\(path):\(root.mark?.line ?? 1): it takes lines as NAME: VALUE"])
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
            do throws(SettingValue.Flaw) {
                values[name] = try SettingValue(try Self.texts(node, setting), setting, from: source)
            } catch {
                mistakes.append("\(source.subject(setting)) \(error.words)")
            }
        }
        guard mistakes.isEmpty else { throw SettingMistakes(mistakes) }
        self.values = values
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
            guard setting.isRepeating || setting.kind == .text else {
                throw SettingValue.Flaw("takes one value, no list")
            }
            var all: [String] = []
            for element in sequence {
                guard let scalar = element.scalar else { throw SettingValue.Flaw("takes a list of plain values") }
                all.append(scalar.string)
            }
            return all
        case .mapping, .alias: throw SettingValue.Flaw("takes a value, or a list of them")
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
                .filter { $0.element.hasPrefix(name + ":") }.map { $0.offset + 1 }
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

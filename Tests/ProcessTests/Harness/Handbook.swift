import Foundation

/// A page of `docs`, with its sections and blocks of code.
struct Handbook {
    struct Block {
        /// `sh`, `text`, `yaml`; empty for none.
        let language: String
        let text: String
        /// The heading that it stands under, without `#`.
        let section: String
    }

    let text: String
    /// All headings, in order.
    private(set) var headings: [(level: Int, title: String)] = []
    private(set) var blocks: [Block] = []

    static let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")

    /// - Parameter name: as `operations.md`.
    init(_ name: String) throws {
        text = try String(contentsOfFile: Self.root + "/docs/" + name, encoding: .utf8)
        var open: (language: String, lines: [String])?
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(
                            language: block.language, text: block.lines.joined(separator: "\n"),
                            section: headings.last?.title ?? ""))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else if open != nil {
                open?.lines.append(line)
            } else if line.hasPrefix("#") {
                let level = line.prefix { $0 == "#" }.count
                headings.append((level, line.dropFirst(level).trimmingCharacters(in: .whitespaces)))
            }
        }
    }

    func blocks(_ language: String, in section: String) -> [String] {
        blocks.filter { $0.language == language && $0.section == section }.map(\.text)
    }

    /// The name by which a link leads to a heading, as GitHub makes it.
    static func anchor(_ title: String) -> String {
        String(
            title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }.map {
                $0 == " " ? "-" : $0
            })
    }
}

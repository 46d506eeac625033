import Foundation

/// A file of the sources, and the texts in it.
struct Sources {
    let name: String
    private let text: String

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Everything that a node runs in which a text for a client may be made.
    private static let modules = [
        "Tree", "Wire", "JSON", "WebSocket", "HTTPCodec", "Names", "JWT", "Host",
    ]

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func all() throws -> [Sources] {
        try modules.flatMap { module in
            let folder = root.appending(path: "Sources/" + module)
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
                Sources(name: $0.lastPathComponent, text: try String(contentsOf: $0, encoding: .utf8))
            }
        }
    }

    /// Its literals with `…` for what is put into them, those of several lines in one.
    var sentencesAndWords: [String] {
        var code = text.replacing(#/(?m)^\s*\/\/.*$/#, with: "")
        code.replace(#/"""\n([\s\S]*?)"""/#) { match in
            "\""
                + String(match.output.1).replacing(#/\\\n\s*/#, with: "").replacing("\"", with: "'")
                .trimmingCharacters(in: .whitespacesAndNewlines).replacing("\n", with: " ") + "\""
        }
        for _ in 0..<4 { code.replace(#/\\\((?:[^()"]|\([^()]*\)|"[^"\n]*")*\)/#, with: "…") }
        // JSON, whose own strings are looked at.
        code.replace(#/#"(.*?)"#/#) { match in
            let raw = match.output.1
            return raw.contains("\"") ? raw : "\"\(raw)\""
        }
        code.replace("\\\"", with: "'")
        code.replace(#/"\s*\+\s*"/#, with: "")
        return code.matches(of: #/"((?:[^"\\\n]|\\.)*)"/#).map {
            $0.output.1.replacing(#/\\[rn]/#, with: " ").trimmingCharacters(in: .whitespaces)
        }
    }

    /// Literals of three words or more.
    var sentences: [String] {
        sentencesAndWords.filter { $0.split(separator: " ").count > 2 }
    }
}

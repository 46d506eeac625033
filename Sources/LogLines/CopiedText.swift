/// A text as a program writes it, with `…` where it differs, that is to be found in what somebody has copied.
public struct CopiedText {
    private let parts: [Substring]

    /// - Parameter text: as it is explained.
    public init(_ text: String) {
        parts = text.split(separator: "…").map { $0.trimmingWhitespace }.filter { !$0.isEmpty }
    }

    /// How many characters of a copy are the fixed parts of the text, in their order, or all of them if it is a piece
    /// of one part: 0 if it is neither. A text with next to nothing fixed is in none.
    public func weight(in copy: String) -> Int {
        if copy.count >= Self.least, parts.contains(where: { $0.contains(copy) }) { return copy.count }
        let weight = parts.reduce(0) { $0 + $1.count }
        guard weight >= Self.least else { return 0 }
        var rest = copy[...]
        for part in parts {
            guard let found = rest.firstRange(of: part) else { return 0 }
            rest = rest[found.upperBound...]
        }
        return weight
    }

    /// The longest run of words of a copy that stands in the text, in characters: 0 if it is less than three words.
    public func run(of copy: String) -> Int {
        let words = copy.split(separator: " ")
        var longest = 0
        for first in words.indices.dropLast(2) {
            for last in stride(from: words.count - 1, through: first + 2, by: -1) {
                let run = words[first...last].joined(separator: " ")
                guard run.count > longest else { break }
                if parts.contains(where: { $0.contains(run) }) { longest = run.count }
            }
        }
        return longest
    }

    /// So many characters tell a text from others.
    private static let least = 8
}

extension Substring {
    fileprivate var trimmingWhitespace: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

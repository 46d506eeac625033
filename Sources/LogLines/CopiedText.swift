/// A text as a program writes it, with `…` where it differs, that is to be found in what somebody has copied.
public struct CopiedText {
    private let parts: [Substring]

    /// - Parameter text: as it is explained.
    public init(_ text: String) {
        parts = text.split(separator: "…").map { $0.trimmingWhitespace }.filter { !$0.isEmpty }
    }

    /// How many characters of a copy are the fixed parts of the text, in their order: 0 if it hasn't all of them. A
    /// text with next to nothing fixed is in none.
    public func weight(in copy: String) -> Int {
        let weight = parts.reduce(0) { $0 + $1.count }
        guard weight >= 8 else { return 0 }
        var rest = copy[...]
        for part in parts {
            guard let found = rest.firstRange(of: part) else { return 0 }
            rest = rest[found.upperBound...]
        }
        return weight
    }
}

extension Substring {
    fileprivate var trimmingWhitespace: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

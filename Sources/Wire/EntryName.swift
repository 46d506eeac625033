/// An entry's id as a client knows it: `<origin>.<sequence>`. A client doesn't interpret the parts of an origin's name.
public struct EntryName: Hashable, Sendable {
    public let origin: String
    public let sequence: UInt64

    public init(origin: String, sequence: UInt64) {
        self.origin = origin
        self.sequence = sequence
    }

    public var text: String { "\(origin).\(sequence)" }

    /// - Returns: nil if the text is no id.
    public init?(_ text: String) {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex,
            let sequence = UInt64(text[text.index(after: dot)...]), sequence > 0
        else { return nil }
        self.init(origin: String(text[..<dot]), sequence: sequence)
    }
}

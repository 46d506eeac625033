/// What a step of a test throws when the program did something else than it should: a sentence, with the place in the
/// test that asked for it.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ text: String, file: StaticString = #fileID, line: UInt = #line) {
        description = "\(text)\n    at \(file):\(line)"
    }

    /// The same failure with what else a reader wants to see.
    func adding(_ text: String) -> Failure {
        var copy = self
        copy.description += "\n" + text
        return copy
    }
}

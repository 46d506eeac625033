/// The error that a test's step throws when the program didn't do what it should: a sentence, with the position of the
/// step in the test.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ text: String, file: StaticString = #fileID, line: UInt = #line) {
        description = "\(text)\n    at \(file):\(line)"
    }

    /// The same failure with more text for its reader.
    func adding(_ text: String) -> Failure {
        var copy = self
        copy.description += "\n" + text
        return copy
    }
}

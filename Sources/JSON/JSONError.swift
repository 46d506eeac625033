/// Why a text was refused. Each is a sentence that may be sent as `info` as it is: none repeats what was received.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Well-formed, but an array.
    case notAnObject
    /// Nested deeper than allowed. It is found before anything is parsed.
    case tooDeep(limit: Int)
    /// More values than its length allows: memory for a parser, which nobody needs for what is said here.
    case tooManyValues(limit: Int)
    /// One object has a key twice: readers would disagree on its meaning.
    case duplicateKey
    case notUTF8
    /// `\u0000` in a string or key: programs that end strings there would read another one.
    case zeroCharacter
    /// An integer beyond 64 bits, or a real number beyond a double, where `BigNumbers` doesn't allow it.
    case numberTooBig
    /// No JSON at all. The position, in bytes from the beginning, is for the log.
    case syntax(position: Int)

    public var description: String {
        switch self {
        case .notAnObject: "the received message is not a JSON object"
        case .tooDeep(let limit): "the received message is nested deeper than \(limit) levels"
        case .tooManyValues(let limit):
            "the received message has too many values: at most \(limit) in a line of its length"
        case .duplicateKey: "the received message has a key twice in one object"
        case .notUTF8: "the received message is not valid UTF-8"
        case .zeroCharacter: "the received message has a zero character in a string"
        case .numberTooBig: "the received message has a number that is too big"
        // The literal of the base protocol.
        case .syntax: "JSON parse error while parsing message"
        }
    }
}

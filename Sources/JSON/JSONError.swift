/// Why a text was refused. Each description is a sentence that may be sent as `info`: it repeats nothing of the text.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Well-formed, but an array.
    case notAnObject
    /// Nested deeper than allowed. That is noticed before anything is parsed.
    case tooDeep(limit: Int)
    /// More values than the length of the text allows. Each value takes memory of the parser.
    case tooManyValues(limit: Int)
    /// One object has a key twice. Readers would disagree on its meaning.
    case duplicateKey
    case notUTF8
    /// `\u0000` in a string or key. Programs that end strings at a zero byte would read another string.
    case zeroCharacter
    /// An integer beyond 64 bits, or a real number beyond a double, where `BigNumbers` doesn't allow it.
    case numberTooBig
    /// The text is not JSON. The position, in bytes from the beginning, is for the log.
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
        // The wording that the base protocol prescribes.
        case .syntax: "JSON parse error while parsing message"
        }
    }
}

/// A line of a person that isn't said, but means this client: `/WORD` and what follows it.
enum TypedCommand: Equatable {
    case help
    case quit
    case who
    /// Who one is oneself.
    case me
    /// `/me waves`
    case act(String)
    case unknown(String)

    /// - Parameter line: begins with a slash.
    init(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        let word = text.prefix { !$0.isWhitespace }
        let rest = String(text[word.endIndex...].drop { $0.isWhitespace })
        switch word.lowercased() {
        case "/help": self = .help
        case "/quit": self = .quit
        case "/who": self = .who
        case "/me": self = rest.isEmpty ? .me : .act(rest)
        default: self = .unknown(String(word))
        }
    }
}

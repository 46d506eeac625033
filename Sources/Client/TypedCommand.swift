/// A line of a person that is a command to this client, and isn't sent: `/WORD` and an argument.
enum TypedCommand: Equatable {
    case help
    case quit
    case who
    /// Asks under which name and session the client is logged in.
    case me
    /// `/me waves`
    case act(String)
    case unknown(String)

    /// - Parameter line: a line that begins with a slash.
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

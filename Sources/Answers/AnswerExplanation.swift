import LogLines

/// What a text means that a node shows to clients, for an operator whom a user tells of it.
public struct AnswerExplanation: Sendable {
    public let subject: AnswerSubject
    /// The message, status of HTTP or close of a WebSocket that brings the text.
    public let kind: String
    /// The text, with `…` where it differs; several if they mean the same.
    public let texts: [String]
    /// What happened, and what to do about it.
    public let meaning: String
    /// The lines that the node's log then has; empty if it says nothing.
    public let log: [LogLine]
    /// The metric that counts it, with its label; nil if none does.
    public let metric: String?

    init(
        _ kind: String, _ texts: String..., meaning: String, log: [LogLine] = [], metric: String? = nil,
        _ subject: AnswerSubject
    ) {
        self.kind = kind
        self.texts = texts
        self.meaning = meaning
        self.log = log
        self.metric = metric
        self.subject = subject
    }

    /// Of all texts, by subject.
    public static let all: [AnswerExplanation] =
        newcomers + login + tokens + registering + names + secrets + sessions + notices + lines + webSocket + http
        + tools

    /// How much of what was copied this is: 0 for nothing.
    ///
    /// - Parameter copy: in small letters.
    public func weight(in copy: String) -> Int {
        texts.map { CopiedText($0.lowercased()).weight(in: copy) }.max() ?? 0
    }

    /// The longest run of words of what was copied that stands in it, in characters.
    ///
    /// - Parameter copy: in small letters.
    public func run(of copy: String) -> Int {
        (texts + [meaning]).map { CopiedText($0.lowercased()).run(of: copy) }.max() ?? 0
    }

    /// The texts that somebody may mean: those about a subject, or that which was copied, or those that hold these
    /// words.
    public static func found(by words: String) -> [AnswerExplanation] {
        if let subject = AnswerSubject(rawValue: words) { return all.filter { $0.subject == subject } }
        let wanted = words.lowercased()
        let copied = all.filter { $0.weight(in: wanted) > 0 }
        if !copied.isEmpty { return copied }
        return all.filter { row in (row.texts + [row.meaning]).contains { $0.lowercased().contains(wanted) } }
    }

    /// Where an operator sees it, besides what the user tells.
    public var traces: String {
        let lines = log.map { "`\($0.rawValue)`" }.joined(separator: " or ")
        return [log.isEmpty ? "not in the log" : "in the log: \(lines)", metric.map { "counted by \($0)" }]
            .compactMap(\.self).joined(separator: "; ")
    }
}

/// What texts for clients are about.
public enum AnswerSubject: String, CaseIterable, Sendable {
    case newcomers, login, tokens, registering, names, secrets, sessions, notices, lines
    case webSocket = "websocket"
    case http, tools

    public var words: String {
        switch self {
        case .newcomers: "no room, or no time for a newcomer"
        case .login: "logging in"
        case .tokens: "logging in with a token of others"
        case .registering: "registering a name"
        case .names: "names that can't be registered"
        case .secrets: "changing the own secret"
        case .sessions: "sessions that end"
        case .notices: "what clients are told while they are logged in"
        case .lines: "lines that can't be read: a fault of the client's program"
        case .webSocket: "why a WebSocket closes"
        case .http: "answers of HTTP and of the API"
        case .tools: "answers to operators' tools"
        }
    }
}

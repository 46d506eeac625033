import Tree
import Wire

/// A message of the client itself to its user: one line on standard error.
public enum Notice: Equatable, Sendable {
    /// - Parameter by: the server that sent us there, if one did.
    case loggedIn(Address, name: String, by: Address? = nil)
    /// The client made the secret, and it is written nowhere else.
    case registered(name: String, madeSecret: String?)
    case unreachable(Address, reason: String)
    /// The server takes no client now. Others are being tried, and this one again.
    case turnedAway(Address, info: String)
    /// The server was lost, and others are being tried.
    case lost(Address, reason: String)
    /// A server has sent us to another one, which hasn't let us in yet.
    case sentOn(by: Address, to: Address)
    /// All servers have been tried, and will be tried again. This many own messages wait.
    case allGone(Address, reason: String, waiting: Int)
    /// - Parameters:
    ///   - by: the server that sent us there; nil if none did, or if we are elsewhere than it said.
    ///   - caughtUp: how many messages others sent meanwhile.
    case reconnected(Address, by: Address?, caughtUp: Int)
    case gap(ServerMessage.Gap)
    /// The server takes the user's messages only as fast as a slow link does, and names the link.
    case heldBack(Address, info: String)
    /// The server takes the messages at any rate again.
    case goesOn(Address)
    /// The server says something else that people should know.
    case told(by: Address, info: String)
    /// The server complains; the connection closes.
    case complaint(info: String)
    /// A line was refused: its message would be longer than the server takes.
    case refusedAsTooLong(bytes: Int, limitBytes: Int)
    /// A line was refused: it is longer than the client reads.
    case inputTooLong(limitBytes: Int)
    /// The server doesn't take this message, and it isn't repeated.
    case refusedByServer(text: String, info: String)
    /// The client ends before this many own messages have come back.
    case leftBehind(count: Int)
    /// One line of the answer to a command, or a hint.
    case answer(String)
    case failed(Failure)

    /// Why the client ends with status 1.
    public enum Failure: Equatable, Sendable {
        case unreachable(Address, reason: String, advice: String)
        case loginRefused(name: String, info: String)
        case registrationRefused(name: String, info: String)
        /// The server doesn't understand a client's first message. It is another kind of program, or the name is one
        /// that it can't have.
        case notUnderstood(Address, info: String)
        /// The server complains again and again, about different messages.
        case serverComplains(info: String)
        case notComingBack(count: Int)
    }

    /// How important the notice is.
    public var severity: Severity {
        switch self {
        case .loggedIn: .info
        case .registered, .reconnected, .answer, .goesOn, .told: .notice
        case .unreachable, .turnedAway, .lost, .sentOn, .allGone, .gap, .complaint, .leftBehind, .heldBack: .warning
        case .failed, .refusedAsTooLong, .inputTooLong, .refusedByServer: .error
        }
    }

    /// Whether the notice is printed at every log level: a secret that is written nowhere else, or an answer to a
    /// command.
    public var isAlwaysTold: Bool {
        switch self {
        case .registered, .answer: true
        default: false
        }
    }
}

/// How important a notice is, the least important first.
public enum Severity: Int, Comparable, Sendable {
    case trace, debug, info, notice, warning, error, critical

    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
}

extension Notice: CustomStringConvertible {
    /// The notice as one line. A part that comes from a server may contain any characters; use `Printable` to print it.
    public var description: String {
        switch self {
        case .loggedIn(let address, let name, let by):
            "logged in at \(address) as \(name)" + (by.map { ": \($0) has sent us there" } ?? "")
        case .registered(let name, let secret?): "registered as \(name) with secret \(secret)"
        case .registered(let name, nil): "registered as \(name)"
        case .unreachable(let address, let reason): "cannot reach \(address): \(reason); trying again"
        case .turnedAway(let address, let info): "\(address) lets nobody in: \(info); looking on"
        case .lost(let address, let reason): "lost \(address): \(reason); looking for another server"
        case .sentOn(let by, let address):
            "\(by) has sent us to \(address), which hasn't let us in yet; looking for another server as well"
        case .allGone(let address, let reason, let waiting):
            "no server lets us in at the moment (\(address): \(reason)); trying again and again. What you say is kept"
                + (waiting > 0 ? ": \(Self.messages(waiting)) \(waiting == 1 ? "waits" : "wait")" : "")
        case .reconnected(let address, nil, let count): "connected again, to \(address): \(Self.missed(count))"
        case .reconnected(let address, let by?, let count):
            "\(by) has sent us to \(address), and we are connected there now: \(Self.missed(count))"
        case .gap(let gap):
            "missed up to \(gap.through - gap.from + 1) messages: they are no longer kept "
                + "(\(gap.origin), \(gap.from) to \(gap.through))"
        case .heldBack(let address, let info): "\(address) holds us back: \(info)"
        case .goesOn(let address): "\(address) takes what is said as it comes again"
        case .told(let address, let info): "\(address) says: \(info)"
        case .complaint(let info): "the server says: \(info)"
        case .refusedAsTooLong(let bytes, let limit):
            "a line was not said: it takes \(bytes) bytes on its way, and the server takes lines of up to "
                + "\(limit) bytes; say it in several"
        case .inputTooLong(let limit): "a line was not said: it is longer than \(limit) bytes"
        case .refusedByServer(let text, let info): "the server refuses a message, which was not said: \(info): \(text)"
        case .leftBehind(let count):
            "\(Self.messages(count)) of your own had not come back yet: "
                + "whether others received \(count == 1 ? "it" : "them") is not known"
        case .answer(let line): line
        case .failed(let failure): failure.description
        }
    }

    static func messages(_ count: Int) -> String { "\(count) \(count == 1 ? "message" : "messages")" }

    private static func missed(_ count: Int) -> String {
        count == 0
            ? "nothing was missed"
            : "\(messages(count)) that came meanwhile \(count == 1 ? "has" : "have") been shown now, "
                + "and nothing was missed"
    }
}

extension Notice.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let address, let reason, let advice): "cannot reach \(address): \(reason); \(advice)"
        case .loginRefused(let name, let info) where LoginRefusal(info) == .ended:
            "the session of \(name) has ended: \(info)"
        case .loginRefused(let name, let info):
            "the login as \(name) was refused: \(info)"
                + Self.advice(
                    info,
                    "check -u/--username and the secret (\(SecretKind.user.places)), or add --register if the name is "
                        + "new"
                )
        case .registrationRefused(_, let info):
            "the registration was refused: \(info)"
                + Self.advice(
                    info,
                    "log in with its secret (\(SecretKind.user.places)) and without --register if the name is yours, "
                        + "or choose another one")
        case .notUnderstood(let address, let info):
            "\(address) refuses to let a client in: \(info); check -rh/--host, -rp/--port and -u/--username"
        case .serverComplains(let info): "the server closes the connection again and again: \(info)"
        case .notComingBack(let count):
            "\(count) of the own messages \(count == 1 ? "has" : "have") not come back: "
                + "whether others received \(count == 1 ? "it" : "them") is not known"
        }
    }

    /// What the user can do about a refusal, as the end of a sentence.
    ///
    /// - Parameter usual: for a wrong name or secret; nil for none.
    static func advice(_ info: String, _ usual: String?) -> String {
        switch LoginRefusal(info) {
        case .banned, .forNow, .ended: ""
        case .inClear:
            "; here: add --tls, and --ca FILE if a private authority has signed the node's certificate; there: start "
                + "the node with a certificate (--tls-cert, --tls-key), or with --allow-plain"
        case .other: usual.map { "; \($0)" } ?? ""
        }
    }
}

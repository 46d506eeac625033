import Tree

/// What the client tells the person at it, besides what others say: one line each on standard error.
public enum Notice: Equatable, Sendable {
    case loggedIn(Address, name: String)
    /// The secret was made up by the client and stands nowhere else.
    case registered(name: String, madeSecret: String?)
    case unreachable(Address, reason: String)
    case lost(Address, reason: String)
    case reconnected(Address, wasRedirected: Bool, caughtUp: Int)
    case gap(ServerMessage.Gap)
    /// The server complains; the connection closes.
    case complaint(info: String)
    case failed(Failure)

    /// Why the client ends with status 1.
    public enum Failure: Equatable, Sendable {
        case unreachable(Address, reason: String)
        case loginRefused(name: String, info: String)
        case registrationRefused(name: String, info: String)
        case authenticationRefused(info: String)
        /// It doesn't understand what a client begins with: it is another program, or can't have such a name.
        case notUnderstood(Address, info: String)
        case messageRefused(info: String)
        case notComingBack(count: Int)
        case lineTooLong(limitBytes: Int)
    }

    /// How much it matters.
    public var severity: Severity {
        switch self {
        case .loggedIn: .info
        case .registered, .reconnected: .notice
        case .unreachable, .lost, .gap, .complaint: .warning
        case .failed: .error
        }
    }

    /// Whether it is told whatever the user wants to hear: a secret that stands nowhere else.
    public var isAlwaysTold: Bool {
        if case .registered = self { true } else { false }
    }
}

public enum Severity: Int, Comparable, Sendable {
    case trace, debug, info, notice, warning, error, critical

    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
}

extension Notice: CustomStringConvertible {
    /// One line. What comes from servers can hold anything; printing it is for `Printable`.
    public var description: String {
        switch self {
        case .loggedIn(let address, let name): "logged in at \(address) as \(name)"
        case .registered(let name, let secret?): "registered as \(name) with secret \(secret)"
        case .registered(let name, nil): "registered as \(name)"
        case .unreachable(let address, let reason): "cannot reach \(address): \(reason); trying again"
        case .lost(let address, let reason): "lost \(address): \(reason)"
        case .reconnected(let address, let wasRedirected, let count):
            "\(wasRedirected ? "redirected" : "reconnected") to \(address), "
                + "\(count) \(count == 1 ? "message" : "messages") caught up"
        case .gap(let gap):
            "missed up to \(gap.through - gap.from + 1) messages: they are no longer kept "
                + "(\(gap.origin), \(gap.from) to \(gap.through))"
        case .complaint(let info): "the server says: \(info)"
        case .failed(let failure): failure.description
        }
    }
}

extension Notice.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "cannot reach \(address): \(reason); check -rh/--host and -rp/--port"
        case .loginRefused(let name, let info):
            "the login as \(name) was refused: \(info); check -u/--username and -s/--secret, or add "
                + "--register if the name is new"
        case .registrationRefused(_, let info):
            "the registration was refused: \(info); log in with -s/--secret, or choose another name"
        case .authenticationRefused(let info): "refused: \(info)"
        case .notUnderstood(let address, let info):
            "\(address) refuses to let a client in: \(info); check -rh/--host, -rp/--port and -u/--username"
        case .messageRefused(let info): "the server refuses what it was sent: \(info)"
        case .notComingBack(let count):
            "\(count) of the own messages \(count == 1 ? "has" : "have") not come back: "
                + "whether others received \(count == 1 ? "it" : "them") is not known"
        case .lineTooLong(let limit): "a line of the input is longer than \(limit) bytes"
        }
    }
}

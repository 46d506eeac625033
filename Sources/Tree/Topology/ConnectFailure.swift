/// Why a connection could not be made.
public enum ConnectFailure: Hashable, Sendable {
    case noSuchHost
    case refused
    case timedOut
    case unreachable
    /// It speaks TLS, and hasn't proved that it knows the secret.
    case unproved

    /// What happened and what to do, if the address is that of the configured parent.
    var info: String {
        switch self {
        case .noSuchHost: "its host name can't be looked up: check -rh, and this machine's name servers"
        case .refused: "nobody listens there: check -rh and -rp, and that the parent runs"
        case .timedOut: "no answer: check -rh and -rp, and that the way there is open"
        case .unproved: "it doesn't prove that it knows the secret: check -rh and -rp, or \(SecretKind.parent.places)"
        case .unreachable: "it can't be reached: check -rh and -rp, and that the way there is open"
        }
    }
}

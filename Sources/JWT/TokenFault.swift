/// Why a token isn't taken. Each description is a sentence for whoever showed it, and repeats nothing of it.
public enum TokenFault: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed
    /// The header names none that is taken, such as `none`.
    case algorithm
    /// The header has fields that have to be understood.
    case critical
    /// No key is of the name and the kind that the header asks for.
    case noKey
    case signature
    case noEnd
    case expired
    case notYet
    case noSubject
    case issuer
    case audience

    /// Whether nobody who is believed has signed it, which took a check to find out.
    public var isForged: Bool { self == .signature }

    public var description: String {
        switch self {
        case .malformed: "the token is malformed"
        case .algorithm: "the token is signed in a way that isn't taken here"
        case .critical: "the token has an extension (crit) that isn't known here"
        case .noKey: "no key that is known here fits the token"
        case .signature: "the token's signature is wrong"
        case .noEnd: "the token has no end (exp)"
        case .expired: "the token has expired"
        case .notYet: "the token is for a later time (nbf)"
        case .noSubject: "the token has no name (sub)"
        case .issuer: "the token is from another issuer (iss)"
        case .audience: "the token is for another audience (aud)"
        }
    }
}

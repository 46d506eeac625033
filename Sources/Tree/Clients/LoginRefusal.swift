/// What kind of reason a server had to refuse a login, a registration or a change of a secret, as far as its words
/// tell. A client learns nothing else of it, and its advice has to fit: another secret doesn't help who is banned.
public enum LoginRefusal: Sendable {
    /// An operator keeps the user out.
    case banned
    /// The secret came in clear from another machine.
    case inClear
    /// The user was in, and isn't any more: an operator has ended the session, or the account has changed.
    case ended
    /// It may work later.
    case forNow
    /// The name or the secret, most likely.
    case other

    public init(_ info: String) {
        self =
            if BanWords.areIn(info) {
                .banned
            } else if info.contains(Self.inClearWords) {
                .inClear
            } else if Self.ends.contains(where: info.contains) {
                .ended
            } else if info.contains("try again") {
                .forNow
            } else {
                .other
            }
    }

    /// What a node tells a client whose session ends, as far as it is the same for all.
    private static let ends = [
        "an operator has ended this session", "was removed", "was changed: log in again",
        "was registered by somebody else before", "a token for it is no more taken",
    ]

    /// How a node begins its refusal of a secret in clear.
    static let inClearWords = "a secret from another machine is taken over TLS alone"
}

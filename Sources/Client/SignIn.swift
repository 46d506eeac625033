import Session
import Tree
import Wire

/// Lets a person at a terminal choose a name: one that is registered already, or a new one.
///
/// A login doesn't tell an unknown name from a wrong secret. Otherwise anybody could find out which names exist. A
/// registration does tell, since it has to be refused if the name is taken. So the secret is asked for and tried. If it
/// is refused, it is asked for again, to register the name with it. A person who meant to log in types another secret
/// instead.
///
/// Nothing is registered that was not confirmed. If the name is taken, the first question comes again.
public struct SignIn {
    /// How the dialogue ended.
    public enum Outcome: Equatable, Sendable {
        /// The secret logs the name in. Or no server answered, and the client has to try the secret.
        case secret(String)
        /// The client has to register the name first: no server answered, or the server said why it doesn't take this
        /// name.
        case toRegister(secret: String, isMade: Bool)
        /// The input has ended.
        case ended
    }

    private let name: String
    /// Asks at the terminal without showing the answer; nil at the end of the input.
    private let ask: (String) -> String?
    private let tell: (String) -> Void
    private let makeSecret: () -> String
    private let exchange: ([UInt8]) -> Exchange.Outcome

    public init(
        _ name: String, ask: @escaping (String) -> String?, tell: @escaping (String) -> Void,
        makeSecret: @escaping () -> String, exchange: @escaping ([UInt8]) -> Exchange.Outcome
    ) {
        self.name = name
        self.ask = ask
        self.tell = tell
        self.makeSecret = makeSecret
        self.exchange = exchange
    }

    /// Asks until the name can be used, or until the input ends. It blocks.
    public func run() -> Outcome {
        while true {
            guard let secret = ask("Secret of \(name) (Enter: a new name, with a secret made for it): ") else {
                return .ended
            }
            if let outcome = secret.isEmpty ? registerWithMadeSecret() : tryToLogIn(secret) { return outcome }
        }
    }

    /// - Returns: nil to begin anew. The same holds for the methods below.
    private func tryToLogIn(_ secret: String) -> Outcome? {
        guard case .answer(.loginFailed(let info)) = exchange(ClientMessages.login(identity(secret), since: nil))
        else { return .secret(secret) }
        switch LoginRefusal(info) {
        case .forNow:
            tell("the login was refused: \(info)")
            return nil
        // No secret helps: the client hears the same, and ends with the advice that does.
        case .banned, .inClear: return .secret(secret)
        case .ended, .other: break
        }
        tell("this is not the secret of \(name), or nobody has registered \(name) yet")
        guard let again = ask("Again, to register \(name) with it (Enter: another secret): ") else { return .ended }
        if again.isEmpty { return nil }
        guard again == secret else {
            tell("the two are not the same: nothing was registered")
            return nil
        }
        return register(secret, isMade: false)
    }

    private func registerWithMadeSecret() -> Outcome? { register(makeSecret(), isMade: true) }

    private func register(_ secret: String, isMade: Bool) -> Outcome? {
        var wasLost = false
        // If the answer was lost, it is unknown whether the name is registered. A login shows that.
        for _ in 0..<3 {
            switch exchange(ClientMessages.register(identity(secret))) {
            case .answer(.registerSuccess): return registered(secret, isMade)
            case .answer(.registerFailed(let info)):
                if wasLost, isLetIn(secret) { return registered(secret, isMade) }
                if [.banned, .inClear].contains(LoginRefusal(info)) {
                    return .toRegister(secret: secret, isMade: isMade)
                }
                tell(refusal(info, secret, isMade))
                return nil
            case .answer: return .toRegister(secret: secret, isMade: isMade)
            case .unreachable where !wasLost: return .toRegister(secret: secret, isMade: isMade)
            case .lost, .unreachable:
                wasLost = true
                if isLetIn(secret) { return registered(secret, isMade) }
            }
        }
        tell("no answer came: whether \(name) was registered is not known" + (isMade ? hint(secret) : ""))
        return nil
    }

    private func isLetIn(_ secret: String) -> Bool {
        guard case .answer(.loginSuccess) = exchange(ClientMessages.login(identity(secret), since: nil)) else {
            return false
        }
        return true
    }

    private func refusal(_ info: String, _ secret: String, _ isMade: Bool) -> String {
        if info.contains("already registered") {
            return isMade
                ? "\(name) is registered already: type its secret"
                : "\(name) is registered already, with another secret"
        }
        // A registration that takes long may still succeed. Without this hint the user would not have its secret.
        return "not registered: \(info)" + (isMade && info.contains("may still succeed") ? hint(secret) : "")
    }

    private func hint(_ secret: String) -> String { "; the secret made for it is \(secret)" }

    private func registered(_ secret: String, _ isMade: Bool) -> Outcome {
        tell(Notice.registered(name: name, madeSecret: isMade ? secret : nil).description)
        return .secret(secret)
    }

    /// None of these logins is ever resumed, so all may have one session.
    private func identity(_ secret: String) -> Identity { Identity(username: name, secret: secret, session: "-") }
}

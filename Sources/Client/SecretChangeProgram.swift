import TLS
import Tree
import UV
import Wire

/// `coppice account secret`: a user changes the own secret.
public enum SecretChangeProgram {
    /// A user's change of the own secret.
    public struct Change {
        public var username: String
        public var secret: String
        public var newSecret: String

        public init(username: String, secret: String, newSecret: String) {
            self.username = username
            self.secret = secret
            self.newSecret = newSecret
        }
    }

    /// Asks a node for the change, and prints the outcome.
    ///
    /// - Parameter tls: nil for a connection in clear.
    /// - Returns: the exit status: 0, or 1 if the secret was not changed or that is unknown.
    public static func run(_ change: Change, at server: Address, tls: TLSContext?, printsJSON: Bool) -> Int32 {
        let question = SecretChange(
            username: change.username, secret: Secret(change.secret), newSecret: Secret(change.newSecret))
        let (outcome, address, wasRedirected) = Exchange.ask(
            Encoding.line(of: .changeSecret(question)), at: server, tls: tls)
        if case .answer(.secretChanged(_, let durable)) = outcome {
            let text = ListedAccount.outcome(
                change.username, "changed", what: "the secret of ", durable: durable, asJSON: printsJSON)
            return StandardOutput.write(text) ? 0 : 1
        }
        StandardError.write("Error: \(Printable.text(failure(outcome, at: address, wasRedirected)))\n")
        return 1
    }

    /// Why the secret was not changed, and what to do.
    static func failure(_ outcome: Exchange.Outcome, at address: Address, _ wasRedirected: Bool) -> String {
        // A node that leaves redirects all clients, including one that waits for an answer.
        let doubt = wasRedirected ? ", unless another server, which left meanwhile, has changed it: try both" : ""
        switch outcome {
        case .answer(.changeFailed(let info)):
            return "the secret was not changed: \(info)\(doubt)" + Notice.Failure.advice(info, nil)
        case .answer(let answer):
            return "\(address) can't change a secret: \(answer.words); check -rh/--host and -rp/--port"
        case .unreachable(let reason, let advice):
            return "cannot reach \(address): \(reason); \(advice). Nothing was changed"
        case .lost(let reason):
            return
                "\(address) gave no answer: \(reason). Whether the secret was changed is not known: try to log in with "
                + "the new one, and with the present one if that is refused"
        }
    }
}

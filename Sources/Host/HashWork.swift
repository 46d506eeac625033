import Secrets
import Tree
import UV

/// Computes Argon2id hashes in the thread pool. The node asks for only a few at a time, and lets the others wait.
final class HashWork {
    private let loop: Loop
    private let done: (Event) -> Void
    /// Called when a stored hash is malformed, or would cost too much to check.
    private let refused: () -> Void
    private var isClosed = false

    init(on loop: Loop, refused: @escaping () -> Void, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.refused = refused
        self.done = done
    }

    func hash(_ ticket: Ticket, _ secret: Secret) {
        run({ try? PasswordHash.make(secret: secret.text) }) { .hashed(ticket, $0) }
    }

    func verify(_ ticket: Ticket, _ secret: Secret, against hash: String?) {
        let known = hash.flatMap { PasswordHash.isChecked($0) ? $0 : nil }
        if hash != nil, known == nil { refused() }
        // For an unknown name a dummy hash of the same cost is checked.
        run({ PasswordHash.verify(secret: secret.text, against: known ?? PasswordHash.dummy()) }) {
            .verified(ticket, known != nil && $0)
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, _ event: @escaping (Value) -> Event) {
        _ = Work.run(on: loop, work) { [self] value in
            if !isClosed { done(event(value)) }
        }
    }

    func close() { isClosed = true }
}

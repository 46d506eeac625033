import Secrets
import Tree
import UV

/// Argon2id off the loop. The node orders only a few at a time, and lets the others wait.
final class HashWork {
    private let loop: Loop
    private let done: (Event) -> Void
    private var isClosed = false

    init(on loop: Loop, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.done = done
    }

    func hash(_ ticket: Ticket, _ secret: Secret) {
        run({ try? PasswordHash.make(secret: secret.text) }) { .hashed(ticket, $0) }
    }

    func verify(_ ticket: Ticket, _ secret: Secret, against hash: String?) {
        // An unknown name is compared with a hash that costs the same.
        run({ PasswordHash.verify(secret: secret.text, against: hash ?? PasswordHash.dummy()) }) {
            .verified(ticket, hash != nil && $0)
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, _ event: @escaping (Value) -> Event) {
        _ = Work.run(on: loop, work) { [self] value in
            if !isClosed { done(event(value)) }
        }
    }

    func close() { isClosed = true }
}

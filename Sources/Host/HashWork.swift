import DequeModule
import Secrets
import Tree
import UV

/// Argon2id off the loop: a few at a time, the rest in a bounded queue, so that a storm of logins stops nobody's
/// heartbeat.
final class HashWork {
    private enum Job {
        case hash(Ticket, Secret)
        case verify(Ticket, Secret, hash: String?)
    }

    private let loop: Loop
    private let settings: Settings
    private let done: (Event) -> Void
    private var waiting: Deque<Job> = []
    private var running = 0
    private var isClosed = false
    /// What an unknown name is compared with: a hash of the same cost as everybody's.
    private var dummy: String?

    init(on loop: Loop, _ settings: Settings, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.settings = settings
        self.done = done
    }

    func hash(_ ticket: Ticket, _ secret: Secret) {
        guard waiting.count < settings.hashesWaiting else { return done(.hashed(ticket, nil)) }
        waiting.append(.hash(ticket, secret))
        startNext()
    }

    func verify(_ ticket: Ticket, _ secret: Secret, against hash: String?) {
        guard waiting.count < settings.hashesWaiting else { return done(.verified(ticket, nil)) }
        waiting.append(.verify(ticket, secret, hash: hash))
        startNext()
    }

    private func startNext() {
        guard running < settings.hashesAtOnce, let job = waiting.popFirst() else { return }
        running += 1
        switch job {
        case .hash(let ticket, let secret):
            run({ try? PasswordHash.make(secret: secret.text) }) { .hashed(ticket, $0) }
        case .verify(let ticket, let secret, let hash?):
            run({ PasswordHash.verify(secret: secret.text, against: hash) }) { .verified(ticket, $0) }
        case .verify(let ticket, let secret, nil):
            run({ [dummy] in
                let hash = dummy ?? (try? PasswordHash.dummy()) ?? ""
                _ = PasswordHash.verify(secret: secret.text, against: hash)
                return hash
            }) { [unowned self] hash in
                dummy = hash
                return .verified(ticket, false)
            }
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, _ event: @escaping (Value) -> Event) {
        _ = Work.run(on: loop, work) { [self] value in
            running -= 1
            guard !isClosed else { return }
            done(event(value))
            startNext()
        }
    }

    func close() {
        isClosed = true
        waiting.removeAll()
    }
}

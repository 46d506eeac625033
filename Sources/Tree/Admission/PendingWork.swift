/// Slow work whose result the node waits for.
enum Work {
    case login(ConnectionID, CredentialUse, Account?)
    case registration(ConnectionID, username: String, stamp: Stamp, SecretDigest)
    case baseServerRegistration(ConnectionID, NameQuestion)
    case baseServerLogin(ConnectionID, NameQuestion, Account?)
    case removal(Account)
    case reset(ConnectionID, Account)
    /// The digest is that of the new secret.
    case change(ConnectionID, Account, SecretDigest)
    case vouching(ConnectionID, Login)
    case saving
    case savingBans
}

/// The slow work under way. A ticket names each piece, and its purpose is looked up when its result comes.
struct PendingWork {
    private var work: [Ticket: Work] = [:]
    private var last: UInt64 = 0

    var count: Int { work.count }
    var isEmpty: Bool { work.isEmpty }

    subscript(ticket: Ticket) -> Work? { work[ticket] }

    mutating func add(_ added: Work) -> Ticket {
        last += 1
        work[Ticket(last)] = added
        return Ticket(last)
    }

    /// Removes a piece of work that is done, or isn't wanted any more; nil if there is none of this ticket.
    mutating func take(_ ticket: Ticket) -> Work? { work.removeValue(forKey: ticket) }
}

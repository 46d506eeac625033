import Tree

/// Inputs of the process besides packets on its connections.
enum HostInput {
    case opened(End, PeerAddress)
    case connected(Dial, End)
    case connectFailed(Dial)
    /// Both sides of a connection have proved that they know the secret of the one that was called.
    case proved(End)
    /// The network's secret has been changed, or another one is taken too.
    case secretsChanged([Secret])
    case congested(End)
    case drained(End)
    case fellBehind(End)
    /// A client has been sent what it may read up to an offset, and no longer follows it.
    case unfollowed(End, at: UInt64)
    case hashed(Ticket, String?)
    case verified(Ticket, Bool)
    case vouched(Ticket, Vouching)
    case clockAnswered(question: Int, ClockAnswer)
    /// The time for a question to the clock is over.
    case clockTimeout(question: Int)
    case saved(Ticket, [AccountRecord])
    case persisted(Ticket, String?)
    case savedBans(Ticket, [BanRecord])
    case persistedBans(Ticket, String?)
    case described(QuestionID, [ConnectionID: ConnectionTraits])
    case administer(AccountRequest)
    case drainRequested

    /// The event that the node gets; nil if there is none, or if the host has to do more.
    var event: Event? {
        switch self {
        case .opened(let end, let address): end.state == .open ? .opened(end.connection, from: address) : nil
        case .connected(let dial, let end):
            dial.isAbandoned || end.state != .open ? nil : .connected(dial.attempt, end.connection)
        case .connectFailed(let dial):
            dial.isAbandoned ? nil : .connectFailed(dial.attempt, why: dial.isUnproved ? .unproved : .unreachable)
        case .proved(let end):
            end.state == .open ? .encrypted(end.connection, vouchedName: nil, isProved: true) : nil
        case .secretsChanged(let secrets): .secretsChanged(own: secrets, parent: secrets[0])
        case .congested(let end): end.state == .open ? .congested(end.connection) : nil
        case .drained(let end): end.state == .open ? .drained(end.connection) : nil
        case .fellBehind(let end): end.state == .open ? .fellBehind(end.connection) : nil
        case .unfollowed(let end, let offset): end.state == .open ? .unfollowed(end.connection, at: offset) : nil
        case .hashed(let ticket, let hash): .hashed(ticket, hash)
        case .vouched(let ticket, let vouching): .vouched(ticket, vouching)
        case .verified(let ticket, let isRight): .verified(ticket, isRight)
        case .persisted(let ticket, let failure): .persisted(ticket, failure: failure)
        case .persistedBans(let ticket, let failure): .persistedBans(ticket, failure: failure)
        case .described(let id, let traits): .described(id, traits)
        case .drainRequested: .drainRequested
        case .saved, .savedBans: preconditionFailure("a disk tells what became of it")
        case .administer, .clockAnswered, .clockTimeout: nil
        }
    }
}

extension Vouching {
    /// A token is `eyJ.NAME.right`: whoever vouches in the simulator has no keys.
    init(ofSimulated token: Secret) {
        let parts = token.text.split(separator: ".")
        let isRight = parts.count == 3 && parts[2] == "right"
        self = isRight ? .name(String(parts[1])) : .refused(info: "forged", isForged: true)
    }
}

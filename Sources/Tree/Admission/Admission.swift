/// What a connection costs this node before it has logged in, and what a client may ask for afterwards.
struct Admission {
    var pending = PendingConnections()
    var loginsByAddress = AttemptLimiter<PeerAddress>()
    var loginsByName = AttemptLimiter<NameKey>()
    var registrationsByAddress = AttemptLimiter<PeerAddress>()
    var registrationsByName = AttemptLimiter<NameKey>()
    var credentials = CredentialCache()
    var hashQueue = HashQueue()
    var work: [Ticket: Work] = [:]
    var lastTicket: UInt64 = 0
    /// Of clients that have said something, if there is a limit, and those that aren't read from because of it.
    var paces: [ConnectionID: RateLimiter] = [:]
    var paced: [ConnectionID] = []
    /// When it was last said that newcomers are refused.
    var lastFullNotice: Instant?
}

/// The limits on what a connection costs this node before its login, and on what a client may ask for afterwards.
///
/// Each part decides one thing by itself, and knows none of the others.
struct Admission {
    var pending = PendingConnections()
    var encrypted = EncryptedConnections()
    var attempts = Attempts()
    var credentials = CredentialCache()
    var nodeSecrets = NodeSecretGuesses()
    var hashQueue = HashQueue()
    /// Tokens that wait to be checked: the same turns, and none behind a hash.
    var jwtQueue = HashQueue()
    var vouched = VouchedClients()
    var work = PendingWork()
    var rateLimiters = RateLimiters()
    var gate = ReadingGate()
    var idle = IdleClients()
    var fullNotice = FullNotice()
    var addressNotice = FullNotice()
    var accountsNotice = FullNotice()
    var idleNotice = CountedNotice()
    var parkedNotice = FullNotice()
    var baseServerNotice = FullNotice()
    var banNotice = FullNotice()
    var moveNotice = FullNotice()
}

/// Decides when it is reported that newcomers are refused: once in a while, however many come.
struct FullNotice {
    private var last: Instant?

    /// A newcomer was refused.
    ///
    /// - Returns: whether this is to be reported.
    mutating func newcomerRefused(at now: Instant, pause: Duration) -> Bool {
        if let last, now < last + pause { return false }
        last = now
        return true
    }
}

/// Decides when it is said how often something has happened: once in a while, however often it does.
struct CountedNotice {
    private var last: Instant?
    private var untold = 0

    /// It has happened so many times more.
    ///
    /// - Returns: how often since it was said last; nil if that isn't to be said now.
    mutating func happened(_ count: Int, at now: Instant, _ pause: Duration) -> Int? {
        untold += count
        if let last, now < last + pause { return nil }
        last = now
        defer { untold = 0 }
        return untold
    }
}

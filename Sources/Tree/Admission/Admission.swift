/// What a connection costs this node before it has logged in, and what a client may ask for afterwards.
///
/// Nothing is decided here: each part decides one thing by itself, and no part knows another one.
struct Admission {
    var pending = PendingConnections()
    var encrypted = EncryptedConnections()
    var attempts = Attempts()
    var credentials = CredentialCache()
    var nodeSecrets = NodeSecretGuesses()
    var hashQueue = HashQueue()
    var work = PendingWork()
    var rateLimiters = RateLimiters()
    var gate = ReadingGate()
    var fullNotice = FullNotice()
    var addressNotice = FullNotice()
    var accountsNotice = FullNotice()
    var idleNotice = CountedNotice()
    var parkedNotice = FullNotice()
}

/// Decides when it is said that newcomers are refused: once in a while, however many come.
struct FullNotice {
    private var last: Instant?

    /// A newcomer was refused.
    ///
    /// - Returns: whether that is to be said.
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

/// Decides when a link's two sides compare what they have, and whether by naming all origins or by two digests.
///
/// Digests are short and enough while both sides agree. Where they don't, the origins are named, once in an exchange:
/// two sides that never agree must not go on for ever.
struct VectorExchange {
    /// The vectors are to be compared.
    private(set) var isDue = false
    /// In it, all origins are named: the digests differed.
    private var namesOrigins = false
    /// They were named for that since the exchange began.
    private var hasNamedOrigins = false
    /// A digest was sent, and nothing that names origins since.
    private var hasSentDigest = false

    mutating func begin() {
        isDue = true
        hasNamedOrigins = false
    }

    /// The digests differ.
    mutating func digestsDiffer() {
        guard !hasNamedOrigins else { return }
        isDue = true
        namesOrigins = true
    }

    /// The other side names its origins: so does this one, if it has sent only a digest.
    mutating func originsNamed() {
        guard hasSentDigest else { return }
        hasSentDigest = false
        isDue = true
        namesOrigins = true
    }

    /// The vector goes out now.
    ///
    /// - Parameters:
    ///   - count: how many origins it would name.
    ///   - limit: more than these aren't named without need.
    /// - Returns: whether digests are to be sent instead.
    mutating func send(naming count: Int, limit: Int) -> Bool {
        isDue = false
        hasSentDigest = count > limit && !namesOrigins
        hasNamedOrigins = hasNamedOrigins || namesOrigins
        namesOrigins = false
        return hasSentDigest
    }
}

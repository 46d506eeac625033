/// Decides when the two sides of a link compare what they have, and whether they do so by naming all origins or by two
/// digests.
///
/// Digests are short, and sufficient while both sides agree. If they don't, the origins are named, once in an exchange:
/// two sides that never agree must not go on for ever.
struct VectorExchange {
    /// Whether the vector has to be sent.
    private(set) var isDue = false
    /// Whether it has to name all origins, because the digests differed.
    private var namesOrigins = false
    /// Whether origins were named for that reason since the exchange began.
    private var hasNamedOrigins = false
    /// Whether a digest was sent, and no vector that names origins since.
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

    /// The other side names its origins. This side does so too if it has sent only a digest.
    mutating func originsNamed() {
        guard hasSentDigest else { return }
        hasSentDigest = false
        isDue = true
        namesOrigins = true
    }

    /// The vector is sent now.
    ///
    /// - Parameters:
    ///   - count: how many origins it would name.
    ///   - limit: how many origins are named without need.
    /// - Returns: whether to send digests instead.
    mutating func send(naming count: Int, limit: Int) -> Bool {
        isDue = false
        hasSentDigest = count > limit && !namesOrigins
        hasNamedOrigins = hasNamedOrigins || namesOrigins
        namesOrigins = false
        return hasSentDigest
    }
}

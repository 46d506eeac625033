/// Keeps what the other side of a link has said of origins of which nothing has come here, until something does.
///
/// Such an origin gets no number and no place in any table of the node: a peer could make up any number of them. What
/// is kept here goes with the link.
struct UnknownOrigins {
    /// What the other side has of an origin, by its own word.
    struct Claim: Equatable {
        fileprivate(set) var stored: UInt64 = 0
        fileprivate(set) var safe: UInt64 = 0
        /// What its part of the tree holds; nil if it has only shown what it has stored itself.
        fileprivate(set) var held: UInt64?
    }

    private var claims: [Origin: Claim] = [:]

    var count: Int { claims.count }

    /// - Parameter limit: of so many origins something is kept. Of further ones the other side counts as having
    ///   nothing: what comes of them is sent to it once more.
    mutating func claimed(_ origin: Origin, limit: Int, _ change: (inout Claim) -> Void) {
        guard claims[origin] != nil || claims.count < limit else { return }
        change(&claims[origin, default: Claim()])
    }

    mutating func claimed(_ origin: Origin, stored: UInt64, limit: Int) {
        claimed(origin, limit: limit) { $0.stored = max($0.stored, stored) }
    }

    mutating func claimed(_ origin: Origin, safe: UInt64, limit: Int) {
        claimed(origin, limit: limit) { $0.safe = max($0.safe, safe) }
    }

    mutating func claimed(_ origin: Origin, held: UInt64, limit: Int) {
        claimed(origin, limit: limit) { $0.held = held }
    }

    /// Nothing counts as held until it is said again.
    mutating func nothingIsHeld() {
        for origin in claims.keys { claims[origin]!.held = 0 }
    }

    /// Something has come of an origin: from now on it has a number.
    mutating func take(_ origin: Origin) -> Claim? {
        claims.isEmpty ? nil : claims.removeValue(forKey: origin)
    }
}

extension Node {
    /// The number of an origin of which something has come. What neighbours have said of it counts from now on.
    func number(ofHeard origin: Origin) -> Int {
        if let number = log.knownNumber(of: origin) { return number }
        let number = log.number(of: origin)
        for link in links { link.appeared(origin, as: number) }
        return number
    }

    /// What a neighbour has shown, by origin number; what it has shown of others is noted on its link.
    func marks(of vector: VersionVector, on link: Link, _ note: (inout UnknownOrigins, Origin, UInt64) -> Void) -> Marks
    {
        var marks = Marks()
        for component in vector.components {
            guard let number = log.knownNumber(of: component.origin) else {
                note(&link.unknown, component.origin, component.sequence)
                continue
            }
            // Nobody can have more of this node's own entries than it has made.
            let sequence =
                number == replication.ownNumber
                ? min(component.sequence, log.storedSequence(of: number)) : component.sequence
            marks.raise(number, to: sequence)
        }
        return marks
    }

    /// Of so many unknown origins something is kept on a link.
    var unknownOriginLimit: Int { mutation == .unknownOriginsKept ? .max : limits.unknownOrigins }

    func storedMarks(of vector: VersionVector, on link: Link) -> Marks {
        let limit = unknownOriginLimit
        return marks(of: vector, on: link) { $0.claimed($1, stored: $2, limit: limit) }
    }

    func safeMarks(of vector: VersionVector, on link: Link) -> Marks {
        let limit = unknownOriginLimit
        return marks(of: vector, on: link) { $0.claimed($1, safe: $2, limit: limit) }
    }

    /// Whether a vector names something that isn't here.
    func lacks(anythingOf vector: VersionVector) -> Bool {
        vector.components.contains { component in
            (log.knownNumber(of: component.origin).map { log.storedSequence(of: $0) } ?? 0) < component.sequence
        }
    }
}

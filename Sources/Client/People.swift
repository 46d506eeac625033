import Tree
import Wire

/// A person whose messages others receive. Each name counts as one person. Clients without a name are told apart by
/// their sessions.
struct Person: Hashable {
    let name: String
    /// A short mark, the same wherever the session goes. Nil if the name is enough, or if the server gives no session.
    let tag: String?

    init(name: String, session: String?) {
        self.name = name
        tag = name == Login.anonymous ? session.map(Self.tag) : nil
    }

    init(_ broadcast: Broadcast) {
        self.init(name: broadcast.sender, session: broadcast.session)
    }

    /// In the form `anna` or `anonymous#k3f9`.
    var label: String { tag.map { "\(name)#\($0)" } ?? name }

    /// Four letters and digits that can't be mistaken for each other. They tell apart a million sessions, of which a
    /// few talk.
    private static func tag(_ session: String) -> String {
        let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
        // FNV-1a
        var hash: UInt32 = 2_166_136_261
        for byte in session.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        hash ^= hash >> 15
        return String((0..<4).map { letters[Int(hash >> (5 * $0) & 31)] })
    }
}

/// The people whose messages were received, and when each was heard last.
struct People {
    private var lastHeard: [Person: Instant] = [:]
    private let limit: Int

    /// - Parameter limit: how many people are kept. When there are twice as many, those who have been silent longest
    ///   are forgotten.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func heard(_ person: Person, at now: Instant) {
        lastHeard[person] = now
        guard lastHeard.count > 2 * limit else { return }
        let kept = byLastHeard.prefix(limit)
        lastHeard = Dictionary(uniqueKeysWithValues: kept.map { ($0.person, $0.lastHeard) })
    }

    /// The people by when they were heard, the last one first.
    var byLastHeard: [(person: Person, lastHeard: Instant)] {
        lastHeard.map { ($0.key, $0.value) }
            .sorted { $0.lastHeard != $1.lastHeard ? $0.lastHeard > $1.lastHeard : $0.person.label < $1.person.label }
    }
}

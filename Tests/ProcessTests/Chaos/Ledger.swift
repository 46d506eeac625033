import struct Tree.RandomNumbers

/// What was said in a chaos run, and what was wrong with what was heard. Clients are all that it knows.
///
/// A message is (talker, number). It is witnessed once anybody, its sender included, has received it as held by two
/// nodes: from then on every client that was connected when it was first sent must receive it, or be told of a gap
/// (docs/protocol.md#life-of-a-message). Everything else is judged as it arrives.
final class Ledger {
    struct Message {
        let sentAt: Instant
        var isWitnessed = false
        /// The ids under which it was seen: more than one if it was sent again before its first copy got around.
        var ids: Set<EntryID> = []
    }

    struct EntryID: Hashable {
        let origin: String
        let sequence: Int

        /// From `<origin>.<sequence>`.
        init?(_ text: String) {
            guard let dot = text.lastIndex(of: "."), let sequence = Int(text[text.index(after: dot)...]) else {
                return nil
            }
            origin = String(text[..<dot])
            self.sequence = sequence
        }
    }

    enum Kind: String, CaseIterable {
        case lost, doubled
        case outOfOrder = "out of order"
        case replyFirst = "a reply before what it answers"
        case changed
    }

    /// By talker; number n stands at n − 1.
    private(set) var messages: [String: [Message]] = [:]
    private(set) var complaints: [(kind: Kind, text: String)] = []
    private(set) var deliveries = 0
    /// Second copies of a message that was sent again, which clients have to drop by its number.
    var droppedCopies = 0
    /// Older messages of a talker behind newer ones, at clients that came to a fresh node while it was alone.
    var lateOnes = 0
    var gaps = 0
    var resends = 0

    var messageCount: Int { messages.values.reduce(0) { $0 + $1.count } }

    /// Messages that were seen under more than one id.
    var twofold: Int { messages.values.reduce(0) { $0 + $1.count { $0.ids.count > 1 } } }

    func count(of kind: Kind) -> Int { complaints.count { $0.kind == kind } }

    func complain(_ kind: Kind, _ text: String) {
        complaints.append((kind, text))
        print("    *** \(kind.rawValue): \(text)")
    }

    /// A talker says its next message, at this moment.
    func wasSaid(by talker: String, at moment: Instant) {
        messages[talker, default: []].append(Message(sentAt: moment))
    }

    /// A client has received it. False if nobody said that.
    func wasHeard(_ talker: String, _ number: Int, id: EntryID?, copies: Int) -> Bool {
        guard let count = messages[talker]?.count, (1...max(count, 1)).contains(number), count > 0 else { return false }
        deliveries += 1
        if copies >= 2 { messages[talker]![number - 1].isWitnessed = true }
        if let id { messages[talker]![number - 1].ids.insert(id) }
        return true
    }

    /// The highest number of this talker's that a client must have which has been connected since `moment`.
    func owed(of talker: String, since moment: Instant) -> Int {
        let all = messages[talker]!
        return (all.lastIndex { $0.isWitnessed && $0.sentAt > moment } ?? -1) + 1
    }

    /// What the message carries: the same for everybody who computes it, so that a change is seen.
    static func text(_ talker: String, _ number: Int) -> String {
        var mixer = RandomNumbers(seed: UInt64(number) &* 31 &+ UInt64(talker.utf8.reduce(7) { $0 &* 33 &+ Int($1) }))
        let word = String(mixer.next(), radix: 36)
        return String(repeating: word, count: 1 + Int(mixer.next() % 12))
    }
}

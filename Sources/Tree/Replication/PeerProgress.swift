import DequeModule

/// Tracks what the other side of a link is known to have stored, and to know to be safe. It learns this from the
/// vectors that the other side sends, from its entries, and from its counts of the entries that crossed the link, which
/// both sides count alike.
///
/// ```
///   sent       [ safe there      | stored there      | on its way ]
///                ^ sentSafe        ^ acknowledged
/// ```
struct PeerProgress {
    /// An entry's id: origin number and sequence.
    private struct Item {
        let number: Int
        let sequence: UInt64
    }

    private(set) var stored = Marks()
    private(set) var safe = Marks()

    /// Entries sent and not known to be safe there, the oldest first. `sentSafe` entries were sent before the first of
    /// them.
    private var sent: Deque<Item> = []
    private var sentSafe: UInt64 = 0
    /// How many of the entries sent are known to be safe there.
    var safeCount: UInt64 { sentSafe }
    /// How many of the entries sent the other side has stored.
    private(set) var acknowledged: UInt64 = 0
    /// How many of the entries sent are safe here, and what the other side was last told of that.
    private var confirmed: UInt64 = 0
    private var toldConfirmed: UInt64 = 0

    /// Entries received and not safe here yet, the oldest first. `receivedSafe` entries came before the first of them.
    private var received: Deque<Item> = []
    private(set) var receivedCount: UInt64 = 0
    private var receivedSafe: UInt64 = 0
    private var toldStored: UInt64 = 0
    private var toldSafe: UInt64 = 0
    private var toldCarried: UInt64 = 0

    /// How many entries sent aren't known to be safe there.
    var sentCount: Int { sent.count }
    /// Entries were sent that it has not said to have stored.
    var isOwedAcknowledgement: Bool { acknowledged < sentSafe + UInt64(sent.count) }
    /// All that is remembered of what went over the link.
    var itemCount: Int { sent.count + received.count }

    // MARK: Vectors

    /// The other side has told what it has.
    mutating func learn(stored shown: Marks, safe shownSafe: Marks) {
        stored.raise(to: shown)
        safe.raise(to: shownSafe)
    }

    mutating func learn(_ number: Int, stored sequence: UInt64) { stored.raise(number, to: sequence) }

    mutating func learn(_ number: Int, safe sequence: UInt64) { safe.raise(number, to: sequence) }

    // MARK: Entries

    mutating func sent(_ number: Int, _ sequence: UInt64) {
        sent.append(Item(number: number, sequence: sequence))
    }

    mutating func received(_ number: Int, _ sequence: UInt64) {
        receivedCount += 1
        stored.raise(number, to: sequence)
        received.append(Item(number: number, sequence: sequence))
    }

    // MARK: Acknowledgements

    /// Whether all entries that crossed the link are safe on both sides, and both know it: then there is nothing to
    /// acknowledge.
    var isComplete: Bool {
        sent.isEmpty && received.isEmpty && receivedCount == toldCarried && receivedSafe == toldSafe
    }

    /// The next acknowledgement; nil if nothing has changed that the other side needs.
    ///
    /// - Parameters:
    ///   - safeHere: what is safe here.
    ///   - carriedHere: how many of the entries received on the link all nodes on this side of it have.
    ///   - confirms: whether the other side needs to know which of its entries are safe here. With up to two copies it
    ///     doesn't: a node that receives an entry knows by its hops that it is safe.
    mutating func acknowledgement(safeHere: Marks, carriedHere: UInt64, confirms: Bool) -> Acknowledgement? {
        while let item = received.first, safeHere[item.number] >= item.sequence {
            received.removeFirst()
            receivedSafe += 1
        }
        while confirmed - sentSafe < UInt64(sent.count),
            case let item = sent[Int(confirmed - sentSafe)],
            safeHere[item.number] >= item.sequence
        {
            confirmed += 1
        }
        // What the other side has said to be safe needs no confirmation.
        let isConfirmationDue = confirms && confirmed > max(toldConfirmed, sentSafe)
        guard
            receivedCount > toldStored || receivedSafe > toldSafe || carriedHere > toldCarried || isConfirmationDue
        else { return nil }
        toldStored = receivedCount
        toldCarried = carriedHere
        toldSafe = receivedSafe
        toldConfirmed = confirmed
        return Acknowledgement(stored: receivedCount, safe: receivedSafe, confirmed: confirmed, carried: carriedHere)
    }

    /// A mutation: an acknowledgement of more than there is counts as one of everything.
    func bounded(_ acknowledgement: Acknowledgement) -> Acknowledgement {
        let stored = min(acknowledgement.stored, sentSafe + UInt64(sent.count))
        return Acknowledgement(
            stored: stored, safe: min(acknowledgement.safe, stored),
            confirmed: min(acknowledgement.confirmed, receivedCount), carried: min(acknowledgement.carried, stored))
    }

    /// The other side acknowledges entries on this link.
    ///
    /// - Returns: false if it acknowledges entries that were not sent.
    mutating func acknowledged(_ acknowledgement: Acknowledgement) -> Bool {
        guard acknowledgement.stored <= sentSafe + UInt64(sent.count), acknowledgement.safe <= acknowledgement.stored,
            acknowledgement.carried <= acknowledgement.stored, acknowledgement.confirmed <= receivedCount
        else { return false }
        while acknowledged < acknowledgement.stored {
            let item = sent[Int(acknowledged - sentSafe)]
            stored.raise(item.number, to: item.sequence)
            acknowledged += 1
        }
        while sentSafe < acknowledgement.safe {
            let item = sent.removeFirst()
            safe.raise(item.number, to: item.sequence)
            sentSafe += 1
        }
        confirmed = max(confirmed, sentSafe)
        if acknowledgement.confirmed > receivedSafe {
            for item in received.prefix(Int(acknowledgement.confirmed - receivedSafe)) {
                safe.raise(item.number, to: item.sequence)
            }
        }
        return true
    }
}

/// Decides when a change whose entry is safe is on enough disks.
struct DurabilityCheck {
    enum Asker {
        case client(ConnectionID)
        case baseServer(ConnectionID, NameQuestion)
        case tool(ConnectionID)
        /// A user who changes their secret.
        case change(ConnectionID)
    }

    /// What this node knows of the change and of the nodes that may have it.
    struct Situation {
        let origin: Origin
        /// This node's record of the name.
        let record: AccountRecord?
        /// Whether that record is on this node's disk.
        let isSaved: Bool
        /// Whether this node keeps accounts on a disk at all.
        let keepsAccounts: Bool
        /// The links to the neighbouring nodes.
        let links: [ConnectionID]
        /// How many disks are enough.
        let needed: Int
    }

    enum Step: Equatable {
        /// The change is on enough disks, or on all that there are.
        case isDurable
        /// The registration that was made or changed has been removed, or has lost against an earlier one.
        case isVoid
        /// Too few disks have the change, and the asker has waited for long enough.
        case isLate
        /// An answer, a link, the disk or more time has to come first.
        case waits
        /// The neighbours have to be asked for this many copies, besides this node's own.
        case asks(copies: Int)
    }

    let serial: UInt64
    let asker: Asker
    let change: AccountChange
    private(set) var holders: [NodeID] = []
    /// The question under way.
    private var question: QuestionID?
    /// The links, if all of them have answered for their branches without doubt; nil otherwise.
    private var answered: [ConnectionID]?
    private var askedLinks: [ConnectionID] = []
    private var nextAsk: Instant
    let deadline: Instant

    init(serial: UInt64, asker: Asker, change: AccountChange, nextAsk: Instant, deadline: Instant) {
        self.serial = serial
        self.asker = asker
        self.change = change
        self.nextAsk = nextAsk
        self.deadline = deadline
    }

    var name: String { change.record.name }

    /// The name as its user knows it.
    var shownName: String { change.record.account?.shownName ?? name }

    func question(_ id: QuestionID, copies: Int) -> RecordQuestion {
        switch change {
        case .registered(let account):
            RecordQuestion(
                id: id, username: account.name, registered: account.registered, changed: account.changed,
                copies: copies)
        case .removed(let name, let removal):
            RecordQuestion(id: id, username: name, registered: removal.registered, changed: nil, copies: copies)
        }
    }

    /// What is to be done for the change now.
    ///
    /// - Parameter waitsForDisks: false for a mutation.
    mutating func next(in situation: Situation, at now: Instant, waitsForDisks: Bool = true) -> Step {
        let wanted = question(QuestionID(asker: situation.origin, count: 0), copies: situation.needed)
        let myself = situation.origin.node
        let isHere = situation.isSaved && wanted.isMade(in: situation.record)
        if isHere, !holders.contains(myself) { holders.append(myself) }
        if let answered, answered != situation.links { self.answered = nil }
        if wanted.isVoid(by: situation.record) { return .isVoid }
        let haveAllAnswered = situation.links.isEmpty || answered != nil
        if !waitsForDisks || holders.count >= situation.needed
            || haveAllAnswered && (isHere || !situation.keepsAccounts)
        {
            return .isDurable
        }
        if now >= deadline { return .isLate }
        guard question == nil, answered == nil, now >= nextAsk else { return .waits }
        return .asks(copies: situation.needed - (isHere ? 1 : 0))
    }

    /// The neighbours have been asked.
    ///
    /// - Parameter nextAsk: the earliest time to ask them again.
    mutating func asked(_ id: QuestionID, _ links: [ConnectionID], nextAsk: Instant) {
        question = id
        askedLinks = links
        self.nextAsk = nextAsk
    }

    /// The question has been answered.
    mutating func recorded(by holders: [NodeID], isUnknown: Bool) {
        question = nil
        self.holders += holders.filter { !self.holders.contains($0) }
        answered = isUnknown ? nil : askedLinks
    }

    /// When the check has to be advanced again if nothing else happens.
    func due(at now: Instant) -> Instant {
        // Otherwise an answer, a link or the disk has to come first, and its event ends in a turn anyway.
        guard question == nil, answered == nil else { return deadline }
        return min(deadline, max(nextAsk, now + .milliseconds(1)))
    }
}

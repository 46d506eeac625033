/// Decides when a change that stands safely in the log is on enough disks.
struct DurabilityCheck {
    enum Asker {
        case client(ConnectionID)
        case baseServer(ConnectionID, NameQuestion)
        case tool(ConnectionID)
        /// A user who changes the own secret.
        case change(ConnectionID)
    }

    /// What is known here of the change and of who could have it.
    struct Situation {
        let origin: Origin
        /// What this node knows of the name.
        let record: AccountRecord?
        /// Whether that is on this node's disk.
        let isSaved: Bool
        /// Whether this node keeps accounts on a disk at all.
        let keepsAccounts: Bool
        /// Links to the neighbours that can be asked.
        let links: [ConnectionID]
        /// How many disks are enough.
        let needed: Int
    }

    enum Step: Equatable {
        /// It is on enough disks, or on all that there are.
        case isDurable
        /// The registration that was made or changed is somebody else's now, or nobody's.
        case isVoid
        /// Too few disks have it, and its maker has waited for long enough.
        case isLate
        /// Something else has to come first: an answer, a link, the disk or time.
        case waits
        /// The neighbours are to be asked who has it: for so many copies besides this node's own.
        case asks(copies: Int)
    }

    let serial: UInt64
    let asker: Asker
    let change: AccountChange
    private(set) var holders: [NodeID] = []
    /// The question under way.
    private var question: QuestionID?
    /// The links that have all answered for their branches, none with a doubt; nil as long as not all have.
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

    /// Something may have changed.
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

    /// The neighbours are being asked.
    ///
    /// - Parameter nextAsk: they aren't asked again before.
    mutating func asked(_ id: QuestionID, _ links: [ConnectionID], nextAsk: Instant) {
        question = id
        askedLinks = links
        self.nextAsk = nextAsk
    }

    /// The question has ended.
    mutating func recorded(by holders: [NodeID], isUnknown: Bool) {
        question = nil
        self.holders += holders.filter { !self.holders.contains($0) }
        answered = isUnknown ? nil : askedLinks
    }

    /// When it is to be looked at again if nothing else happens.
    func due(at now: Instant) -> Instant {
        // Else an answer, a link or the disk has to come first, and brings a turn of its own.
        guard question == nil, answered == nil else { return deadline }
        return min(deadline, max(nextAsk, now + .milliseconds(1)))
    }
}

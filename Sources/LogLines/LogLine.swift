/// The name of a line that a node or a clock writes to its log. It is the same in every release, whatever the line's
/// text: alerts and `coppice help log NAME` go by it. What each one means stands in the tables beside this file.
public enum LogLine: String, CaseIterable, Sendable {
    // MARK: The tree
    case joined
    case parentUnreachable = "parent-unreachable"
    case parentLoop = "parent-loop"
    case parentRefusesSecret = "parent-refuses-secret"
    case parentOtherOrder = "parent-other-order"
    case parentFarClock = "parent-far-clock"
    case parentOtherVersion = "parent-other-version"
    case parentOtherProtection = "parent-other-protection"
    case parentLeavesAlone = "parent-leaves-alone"
    case notJoined = "not-joined"
    case stillNotJoined = "still-not-joined"
    case nodeRefused = "node-refused"
    case noParentThere = "no-parent-there"
    case noSeedThere = "no-seed-there"
    case seedsNamed = "seeds-named"
    case seedsUnknown = "seeds-unknown"
    case noNodeAnyMore = "no-node-any-more"
    case parentLost = "parent-lost"
    case parentLeaves = "parent-leaves"
    case parentTooDeep = "parent-too-deep"
    case parentBelow = "parent-below"
    case labelWentBack = "label-went-back"
    case becameRoot = "became-root"
    case treesMeet = "trees-meet"
    case treesApart = "trees-apart"
    case noWay = "no-way"
    case reignPassed = "reign-passed"
    case reignTaken = "reign-taken"
    case childTaken = "child-taken"
    case childLost = "child-lost"
    case alone
    case leaving

    // MARK: Links between nodes
    case linkPlain = "link-plain"
    case linkCertificate = "link-certificate"
    case streamBroken = "stream-broken"
    case linkStuck = "link-stuck"
    case nodeLeftAlone = "node-left-alone"
    case badMessage = "bad-message"
    case entriesGone = "entries-gone"
    case entriesDiffer = "entries-differ"
    case numbersTaken = "numbers-taken"
    case clientsHeldForLink = "clients-held-for-link"
    case clientsHeldForQueue = "clients-held-for-queue"
    case clientsFree = "clients-free"
    case childLeftBehind = "child-left-behind"
    case childKeepsUp = "child-keeps-up"
    case wrongSecrets = "wrong-secrets"

    // MARK: Base servers
    case baseServerTaken = "base-server-taken"
    case baseServerLost = "base-server-lost"
    case baseServerRefused = "base-server-refused"
    case baseServerMute = "base-server-mute"
    case baseServerAsksTooMuch = "base-server-asks-too-much"

    // MARK: Clients
    case clientTooSlow = "client-too-slow"
    case clientsIdle = "clients-idle"
    case clientSlowedDown = "client-slowed-down"
    case clientsMissed = "clients-missed"
    case clientsFull = "clients-full"
    case addressFull = "address-full"
    case clientsParked = "clients-parked"
    case plainSecret = "plain-secret"
    case noDescriptors = "no-descriptors"
    case fewDescriptors = "few-descriptors"
    case acceptFailed = "accept-failed"
    case room
    case proxyHeaderMissing = "proxy-header-missing"
    case proxyHeaderForeign = "proxy-header-foreign"
    case drainBegun = "drain-begun"
    case drainStopped = "drain-stopped"
    case drained
    case drainStuck = "drain-stuck"
    case rebalancing

    // MARK: Accounts
    case accountsRead = "accounts-read"
    case accountsFull = "accounts-full"
    case accountsNotSaved = "accounts-not-saved"
    case accountsSavedAgain = "accounts-saved-again"
    case nameLost = "name-lost"
    case namesAlike = "names-alike"
    case hashRefused = "hash-refused"
    case banned
    case unbanned
    case bannedRefused = "banned-refused"
    case sessionsEnded = "sessions-ended"
    case bansNotSaved = "bans-not-saved"
    case bansSavedAgain = "bans-saved-again"
    case bansForgotten = "bans-forgotten"

    // MARK: TLS
    case tlsFailed = "tls-failed"
    case tlsImpossible = "tls-impossible"
    case tlsWithoutCertificate = "tls-without-certificate"
    case tlsCrowded = "tls-crowded"
    case certificateRead = "certificate-read"
    case certificateUnusable = "certificate-unusable"
    case certificateEnds = "certificate-ends"
    case certificateOtherName = "certificate-other-name"
    case keyReadable = "key-readable"
    case tokenKeysRead = "token-keys-read"
    case tokenKeysUnusable = "token-keys-unusable"
    case tokenKeysReadable = "token-keys-readable"
    case tokenKeyLeftOut = "token-key-left-out"

    // MARK: Order and time
    case branchLate = "branch-late"
    case stampRefused = "stamp-refused"
    case clockAnswers = "clock-answers"
    case clockSilent = "clock-silent"
    case clockWentBack = "clock-went-back"
    case clockFar = "clock-far"
    case clockFollowed = "clock-followed"
    case noClockThere = "no-clock-there"
    case clockRefuses = "clock-refuses"

    // MARK: The disk
    case dataDamaged = "data-damaged"
    case dataFolderGone = "data-folder-gone"
    case dataFolderBack = "data-folder-back"
    case contactsNotSaved = "contacts-not-saved"
    case diskSlow = "disk-slow"

    // MARK: The program
    case signal
    case secretRead = "secret-read"
    case secretUnusable = "secret-unusable"
    case weakSecret = "weak-secret"
    case adminListens = "admin-listens"
    case adminAcceptFailed = "admin-accept-failed"
    case settingsChanged = "settings-changed"
    case settingsNeedRestart = "settings-need-restart"
    case settingsUnchanged = "settings-unchanged"
    case settingsWrong = "settings-wrong"
    case linesMissing = "lines-missing"

    // MARK: A clock
    case leads
    case standsBy = "stands-by"
    case leadsNoMore = "leads-no-more"
    case wallClockBehind = "wall-clock-behind"
    case boundDamaged = "bound-damaged"
    case boundNotSaved = "bound-not-saved"
    case etcdSilent = "etcd-silent"
    case etcdAnswers = "etcd-answers"
    case etcdForeign = "etcd-foreign"
    case etcdDetail = "etcd-detail"
    case askerRefused = "asker-refused"
    case askerUnproved = "asker-unproved"
    case askersFull = "askers-full"
    case askersOfAddressFull = "askers-of-address-full"

    /// Whether the line answers an operator's signal: then it is written however often it comes, since who has sent the
    /// signal waits for it.
    public var isAnswer: Bool {
        switch self {
        case .signal, .secretRead, .secretUnusable, .settingsChanged, .settingsNeedRestart, .settingsUnchanged,
            .settingsWrong:
            true
        default: false
        }
    }
}

/// The parts of a program whose lines have a level of their own (`--log-level info,links=debug`).
public enum LogSubsystem: String, CaseIterable, Sendable {
    case tree, links, base, clients, accounts, tls, time, disk, program, clock

    /// What the lines are about.
    public var words: String {
        switch self {
        case .tree: "positions in the tree: joining, healing, meeting other trees"
        case .links: "what goes over links to other nodes"
        case .base: "servers of the base protocol and of the original system"
        case .clients: "clients and connections"
        case .accounts: "accounts and their names"
        case .tls: "TLS, certificates, and keys for tokens"
        case .time: "a node's clocks, stamps and total order"
        case .disk: "a node's files"
        case .program: "signals, settings, and the log itself"
        case .clock: "a clock server"
        }
    }
}

import Tree

/// Things that must happen now and then in a set of histories. If one never does, the set tests too little.
///
/// They are observed from outside, in the messages and notices of nodes.
public enum RareSituation: String, CaseIterable, Sendable {
    // Clients.
    case shownByALonelyNode
    case retryExistsUnderTwoIds
    case retryDroppedByClient
    case resumeMetAGap
    case resumedWithoutWhatWasSeen
    case clientFellOffTheLog
    case clientThrottledByAFullQueue
    case clientThrottledByALaggingLink
    case clientRedirected
    // Names.
    case registrationDenied
    case nameLostToAnEarlierOwner
    case loginCouldNotBeChecked
    case accountsExchanged
    case accountRemoved
    case accountReset
    case secretChanged
    case changeOfSecretRefused
    case resumedByToken
    case resumeTokenRefused
    // The tree.
    case promotedWithANonEmptyQueue
    case handedOverInOrder
    case leftInOrder
    case refusedAsLow
    case refusedAsFull
    case refusedAsLoop
    case refusedByALockedChildlessNode
    case refusedForANewerLink
    case mergeFollowedARefusal
    case rootMetThroughOthers
    case raiseAskedFor
    case linkReplaced
    case linkLostBySilence
    case nobodyKnewTheWay
    case reignPassed
    case treeAcrossACut
    // Entries.
    case nodeMetAGap
    case linkCongested
    case streamBegunAnew
    case originsLeftOut
    case refusedForItsVector
    case clockSilent
    // Total order.
    case shownLate
    case waitedForALostBranch
    case watermarkTakenBack
}

struct RareSituations {
    private(set) var counts: [Int] = Array(repeating: 0, count: RareSituation.allCases.count)
    /// Hosts that were refused because a node was full, and haven't attached since.
    private var refusedAsFull: Set<Int> = []

    mutating func count(_ situation: RareSituation) {
        counts[RareSituation.allCases.firstIndex(of: situation)!] += 1
    }

    mutating func willHandle(_ event: Event, _ host: SimulatedHost) {
        switch event {
        case .fellBehind: count(.clientFellOffTheLog)
        case .congested: count(.linkCongested)
        case .clockSilent: count(.clockSilent)
        case .received(_, .authenticationFail(let refusal)):
            if refusal.reason == .full { refusedAsFull.insert(host.index) }
        case .received(_, .met): count(.rootMetThroughOthers)
        case .received(_, .raise): count(.raiseAskedFor)
        default: break
        }
    }

    mutating func willPerform(_ effect: Effect, _ host: SimulatedHost, _ node: Node) {
        switch effect {
        case .send(_, let message): willSend(message, host, node)
        case .report(let notice): noticed(notice, host, node)
        case .pause(let connection):
            if node.sizes.queueBytes > host.world.setting.queueBytes { count(.clientThrottledByAFullQueue) }
            if node.isHeldUp, node.isThrottled(connection) { count(.clientThrottledByALaggingLink) }
        case .stop(.drained): count(.leftInOrder)
        default: break
        }
    }

    private mutating func willSend(_ message: Message, _ host: SimulatedHost, _ node: Node) {
        switch message {
        case .authenticationFail(let refusal): refused(refusal, node)
        case .authenticate(let request):
            if case .node(let newcomer) = request.kind, newcomer.stored.leftOut != 0 { count(.originsLeftOut) }
            guard case .node(let newcomer) = request.kind, newcomer.claim != nil else { return }
            if refusedAsFull.contains(host.index) { count(.mergeFollowedARefusal) }
        case .handOver: count(.handedOverInOrder)
        case .reignTaken(let position): if position != nil { count(.reignPassed) }
        case .redirect: count(.clientRedirected)
        case .registerFailed: count(.registrationDenied)
        case .secretChanged: count(.secretChanged)
        case .changeFailed: count(.changeOfSecretRefused)
        case .fetchAccounts: count(.accountsExchanged)
        case .loginFailed(let info):
            if info.contains("cannot be checked") { count(.loginCouldNotBeChecked) }
            if info.contains("token is void") { count(.resumeTokenRefused) }
        default: break
        }
    }

    private mutating func refused(_ refusal: Refusal, _ node: Node) {
        switch refusal.reason {
        case .low: count(.refusedAsLow)
        case .vector: count(.refusedForItsVector)
        case .full: count(.refusedAsFull)
        case .loop: count(.refusedAsLoop)
        case .busy where node.isLockedAsChildless: count(.refusedByALockedChildlessNode)
        case .busy where refusal.info.contains("newer link"): count(.refusedForANewerLink)
        default: break
        }
    }

    private mutating func noticed(_ notice: Notice, _ host: SimulatedHost, _ node: Node) {
        switch notice {
        case .joined: refusedAsFull.remove(host.index)
        case .promoted: if node.sizes.queueBytes > 0 { count(.promotedWithANonEmptyQueue) }
        case .parentLost(_, let why), .childLost(_, let why):
            if why == .silent { count(.linkLostBySilence) }
            if why == .replaced { count(.linkReplaced) }
        case .nameLost: count(.nameLostToAnEarlierOwner)
        case .gap: count(.nodeMetAGap)
        case .streamBroken: count(.streamBegunAnew)
        case .orderGivenUp: count(.waitedForALostBranch)
        default: break
        }
    }
}

import LogLines
import Tree

extension Notice {
    /// The line of the log that tells it.
    var line: LogLine {
        switch self {
        case .joined: .joined
        case .retryingParent(_, let refusal): refusal?.reason == .loop ? .parentLoop : .parentUnreachable
        case .parentRefused(_, let refusal):
            switch refusal.reason {
            case .order: .parentOtherOrder
            case .history: .parentLeavesAlone
            case .clock: .parentFarClock
            case .version: .parentOtherVersion
            case .plain, .certificate: .parentOtherProtection
            default: .parentRefusesSecret
            }
        case .notJoined: .notJoined
        case .unjoined: .stillNotJoined
        case .refusedNode: .nodeRefused
        case .noNode(.uncertified, _, _): .linkCertificate
        case .noNode(_, _, let triedAs):
            switch triedAs {
            case .parent: .noParentThere
            case .seed: .noSeedThere
            case .known: .noNodeAnyMore
            }
        case .parentLost(_, .leaving): .parentLeaves
        case .parentLost: .parentLost
        case .promoted: .becameRoot
        case .mergingUnder: .treesMeet
        case .noWay: .noWay
        case .passedReign: .reignPassed
        case .tookReign: .reignTaken
        case .tookChild: .childTaken
        case .childLost: .childLost
        case .tookBaseServer: .baseServerTaken
        case .baseServerLost: .baseServerLost
        case .refusedBaseServer: .baseServerRefused
        case .baseServerMute: .baseServerMute
        case .baseServerAsksTooMuch: .baseServerAsksTooMuch
        case .alone: .alone
        case .labelWentBack: .labelWentBack
        case .foundMyselfAbove: .parentBelow
        case .plainLink: .linkPlain
        case .streamBroken: .streamBroken
        case .stuck: .linkStuck
        case .leftAlone: .nodeLeftAlone
        case .badFrame: .badMessage
        case .gap: .entriesGone
        case .entriesDiffer: .entriesDiffer
        case .ownNumbersTaken: .numbersTaken
        case .clientsMissed: .clientsMissed
        case .tooDeep: .parentTooDeep
        case .clientsWait(let peer): peer == nil ? .clientsHeldForQueue : .clientsHeldForLink
        case .clientsWaitNoLonger: .clientsFree
        case .childLeftBehind: .childLeftBehind
        case .childKeepsUp: .childKeepsUp
        case .clientFellBehind: .clientTooSlow
        case .clientsIdle: .clientsIdle
        case .rateLimited: .clientSlowedDown
        case .wrongNodeSecrets: .wrongSecrets
        case .plainSecret: .plainSecret
        case .full: .clientsFull
        case .addressFull: .addressFull
        case .tooMuchParked: .clientsParked
        case .accountsFull: .accountsFull
        case .clockAnswers: .clockAnswers
        case .clockSilent: .clockSilent
        case .clockWentBack: .clockWentBack
        case .clockFar: .clockFar
        case .stampRefused: .stampRefused
        case .mismatch: .treesApart
        case .orderGivenUp: .branchLate
        case .nameLost: .nameLost
        case .namedAlike: .namesAlike
        case .accountsNotSaved: .accountsNotSaved
        case .accountsSavedAgain: .accountsSavedAgain
        case .banned: .banned
        case .unbanned: .unbanned
        case .bannedRefused: .bannedRefused
        case .sessionsToEnd: .sessionsEnded
        case .bansNotSaved: .bansNotSaved
        case .bansSavedAgain: .bansSavedAgain
        case .bansForgotten: .bansForgotten
        case .draining: .leaving
        case .drainBegun: .drainBegun
        case .drainStopped: .drainStopped
        case .drainedOfClients: .drained
        case .nowhereToMove: .drainStuck
        case .balancing: .rebalancing
        }
    }
}

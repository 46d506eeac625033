import Tree

/// Ways in which a simulated node misbehaves on purpose. With tiny limits and short time-outs, rare events of a real
/// network happen all the time (as with FoundationDB's BUGGIFY). Every promise has to hold all the same.
public enum Quirk: String, CaseIterable, Sendable {
    /// Gives up connections and questions after a moment, though an answer may be under way.
    case impatient
    /// Rounds of a search, probes and attempts to join follow one another at once.
    case hasty
    /// Exchanges vectors, and what all nodes hold, all the time.
    case talkative
    /// Counts a neighbour as lost after little silence.
    case nervous
    /// Gives up questions about names nearly at once, and keeps only a few of them open.
    case unquestioning
    /// Waits only briefly for entries that a client has seen elsewhere, and for others when it drains. Its resume
    /// tokens are good for a moment.
    case unwaiting
    /// Writes one line at a time to each client.
    case shortWrites
    /// Remembers one lost branch, tells of one relative, and passes on one announcement.
    case narrow
    /// Lets only some hundred bytes be under way, on each link and through the tree.
    case hesitant
    /// Leaves a child behind that lags by some messages.
    case leavesBehind
    /// Periodic work is sixty times as rare: for histories of days.
    case calm

    /// Quirks that are drawn by a generator of their own, so that worlds without them stay as they were before there
    /// were any.
    static let drawnApart: [(quirk: Quirk, perMille: Int)] = [(.hesitant, 250), (.leavesBehind, 120)]

    func apply(to configuration: inout Configuration) {
        switch self {
        case .impatient:
            configuration.limits.connectTimeout = .milliseconds(150)
            configuration.limits.answerTimeout = .milliseconds(150)
            configuration.limits.dialStagger = .milliseconds(1)
        case .hasty:
            configuration.limits.joinPatience = .seconds(1)
            configuration.limits.joinByMemoryAfter = .milliseconds(100)
            configuration.limits.joinPause = .milliseconds(1) ... .milliseconds(10)
            configuration.limits.heirRound = .milliseconds(50)
            configuration.limits.probePause = .milliseconds(100) ... .milliseconds(300)
            configuration.limits.verifyDeadpool = .seconds(1)
        case .talkative:
            configuration.limits.idleExchange = .milliseconds(300)
            configuration.limits.stabilityPause = .milliseconds(100)
            configuration.announceInterval = .milliseconds(500)
        case .nervous:
            configuration.limits.heartbeat = .milliseconds(200)
            configuration.limits.silence = .milliseconds(700)
            configuration.limits.aloneGrace = .milliseconds(20)
        case .unquestioning:
            configuration.limits.loginQuestion = .milliseconds(200)
            configuration.limits.lockQuestion = .milliseconds(300)
            configuration.limits.openQuestions = 2
        case .unwaiting:
            configuration.limits.resumePatience = .milliseconds(300)
            configuration.limits.drainPatience = .milliseconds(500)
            configuration.limits.resumeTokenLife = .seconds(4)
        case .shortWrites: break
        case .narrow:
            configuration.limits.departedBranches = 1
            configuration.limits.relatives = 1
            configuration.limits.announcementsPerLink = 1
        case .hesitant:
            configuration.limits.flowLeastBytes = 400
            configuration.limits.flowFirstBytes = 400
            configuration.limits.flowMarkBytes = 60
            configuration.limits.flowDelay = .milliseconds(1)
            configuration.limits.linkDelay = .milliseconds(1)
        case .leavesBehind:
            configuration.lagPolicy = .gap
            configuration.limits.lagBytes = 2000
        case .calm:
            configuration.limits.heartbeat = .seconds(60)
            configuration.limits.silence = .seconds(210)
            configuration.limits.stuckPerLink = .seconds(180)
            configuration.limits.idleExchange = .seconds(600)
            configuration.limits.stabilityPause = .seconds(60)
            configuration.limits.probePause = .seconds(60) ... .seconds(180)
            configuration.limits.verifyDeadpool = .seconds(1800)
            configuration.announceInterval = .seconds(300)
        }
    }
}

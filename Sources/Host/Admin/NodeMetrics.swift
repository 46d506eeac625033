import CoreMetrics
import Tree

/// What a node's shell counts for monitoring, beside what its parts count anyway.
///
/// It sees the turns, the notices, and the answers to clients as they pass. Nothing of it is counted for each delivery.
final class NodeMetrics {
    private var publisher: MetricPublisher
    private let turns: CoreMetrics.Timer
    private let replication: CoreMetrics.Timer
    private let healing: CoreMetrics.Timer
    let scrapes: CoreMetrics.Timer

    /// The entry that is on its way to enough nodes, and when it was stored.
    private var measured: (position: UInt64, since: UInt64)?
    private var stored: UInt64 = 0
    private var orphanedAt: UInt64?

    private(set) var logins = Results()
    private(set) var registrations = Results()
    private(set) var redirects: UInt64 = 0
    private(set) var linksLost: [LossReason: UInt64] = [:]
    private(set) var promotions: UInt64 = 0
    private(set) var clockSilences: UInt64 = 0
    private(set) var entriesLost: UInt64 = 0
    private(set) var badFrames: UInt64 = 0
    private(set) var wrongNodeSecrets: UInt64 = 0
    private(set) var alarms: UInt64 = 0
    private(set) var diskFailures: UInt64 = 0
    private var areAccountsFailing = false
    private var areBansFailing = false
    var isDiskFailing: Bool { areAccountsFailing || areBansFailing }

    struct Results {
        fileprivate(set) var succeeded: UInt64 = 0
        fileprivate(set) var failed: UInt64 = 0
    }

    init(_ factory: any MetricsFactory) {
        publisher = MetricPublisher(factory)
        turns = CoreMetrics.Timer(label: "coppice_turn_seconds", factory: factory)
        replication = CoreMetrics.Timer(label: "coppice_replication_seconds", factory: factory)
        healing = CoreMetrics.Timer(label: "coppice_healing_seconds", factory: factory)
        scrapes = CoreMetrics.Timer(label: "coppice_admin_scrape_seconds", factory: factory)
    }

    /// Lends the way to the backend.
    func publish(_ body: (inout MetricPublisher) -> Void) {
        body(&publisher)
    }

    /// A turn of the loop has ended.
    ///
    /// - Parameter nanoseconds: how long it took, without waiting.
    func turnEnded(nanoseconds: UInt64) { turns.recordNanoseconds(nanoseconds) }

    /// A turn's events were handled: one entry at a time is followed until enough nodes have it.
    ///
    /// - Parameter now: in nanoseconds of the monotonic clock.
    func turnHandled(stored end: UInt64, safe: UInt64, at now: UInt64) {
        if let (position, since) = measured {
            guard safe >= position else { return }
            replication.recordNanoseconds(now - since)
            measured = nil
        }
        guard end > stored else { return }
        stored = end
        // What is safe at once was so by the hops that it had come.
        if safe >= end { replication.recordNanoseconds(0) } else { measured = (end, now) }
    }

    /// The node answers.
    func sent(_ message: Message) {
        switch message {
        case .loginSuccess: logins.succeeded += 1
        case .loginFailed: logins.failed += 1
        case .registerSuccess: registrations.succeeded += 1
        case .registerFailed: registrations.failed += 1
        case .redirect: redirects += 1
        default: break
        }
    }

    /// - Parameter now: in nanoseconds of the monotonic clock.
    func reported(_ notice: Notice, at now: UInt64) {
        switch notice {
        case .parentLost(_, let why):
            linksLost[why, default: 0] += 1
            orphanedAt = orphanedAt ?? now
        case .childLost(_, let why): linksLost[why, default: 0] += 1
        case .joined: healed(at: now)
        case .promoted, .tookReign:
            promotions += 1
            healed(at: now)
        case .clockSilent: clockSilences += 1
        case .gap(let gap): entriesLost += gap.count
        case .badFrame: badFrames += 1
        case .wrongNodeSecrets(_, let count): wrongNodeSecrets += UInt64(count)
        case .labelWentBack, .foundMyselfAbove, .ownNumbersTaken: alarms += 1
        case .bansNotSaved:
            diskFailures += 1
            areBansFailing = true
        case .accountsNotSaved:
            diskFailures += 1
            areAccountsFailing = true
        case .accountsSavedAgain: areAccountsFailing = false
        case .bansSavedAgain: areBansFailing = false
        default: break
        }
    }

    private func healed(at now: UInt64) {
        guard let orphanedAt else { return }
        healing.recordNanoseconds(now - orphanedAt)
        self.orphanedAt = nil
    }
}

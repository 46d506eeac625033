/// What an operator may change of a node's configuration while the node runs.
///
/// Limits that say how the node works with others, and those that parts of the node have taken over at its start, stay
/// as they are: `Limits.adjusted(to:)` has the others.
public struct Adjustment: Hashable, Sendable {
    public var limits: Limits
    public var announceInterval: Duration
    public var redirectGap: Configuration.RedirectGap
    /// Whether users may show their secrets in clear from other machines.
    public var allowsPlainSecrets: Bool

    /// What of a configuration can be changed.
    public init(_ configuration: Configuration) {
        limits = configuration.limits
        announceInterval = configuration.announceInterval
        redirectGap = configuration.redirectGap
        allowsPlainSecrets = configuration.allowsPlainSecrets
    }
}

extension Limits {
    /// These limits with those of the others that count at once.
    func adjusted(to new: Limits) -> Limits {
        var limits = self
        limits.children = new.children
        limits.clients = new.clients
        limits.clientsPerAddress = new.clientsPerAddress
        limits.accounts = new.accounts
        limits.strangers = new.strangers
        limits.strangersPerAddress = new.strangersPerAddress
        limits.strangerPatience = new.strangerPatience
        limits.loopback = new.loopback
        limits.loginsPerNameAndAddress = new.loginsPerNameAndAddress
        limits.loginsPerName = new.loginsPerName
        limits.registrationsPerAddress = new.registrationsPerAddress
        limits.registrationsPerName = new.registrationsPerName
        limits.idleTimeout = new.idleTimeout
        limits.messagesPerSecond = new.messagesPerSecond
        limits.bytesPerSecond = new.bytesPerSecond
        limits.nameBytes = new.nameBytes
        limits.secretBytes = new.secretBytes
        limits.retentionTime = new.retentionTime
        limits.orderGrace = new.orderGrace
        limits.lagBytes = new.lagBytes
        return limits
    }
}

extension Node {
    /// The operator has changed the configuration. What the limits were applied to already stays: nobody is closed
    /// because there are more now than there may be.
    func adjust(_ adjustment: Adjustment) {
        let idleTimeout = limits.idleTimeout
        configuration.limits = limits.adjusted(to: adjustment.limits)
        configuration.announceInterval = adjustment.announceInterval
        configuration.redirectGap = adjustment.redirectGap
        configuration.allowsPlainSecrets = adjustment.allowsPlainSecrets
        timers.set(.announce, noLaterThan: now.instant + adjustment.announceInterval)
        guard limits.idleTimeout != idleTimeout else { return }
        if let next = admission.idle.limitChanged(to: limits.idleTimeout) { timers.set(.idle, noLaterThan: next) }
    }
}

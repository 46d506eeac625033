import Tree

/// The settings of one host in which the nodes of one network may differ.
///
/// They may not differ in the number of copies, in the order, and in how the heartbeat relates to the time after which
/// a silent link is lost. These belong to the world.
struct HostSetting {
    private(set) var children: Int
    private(set) var redirectGap: Configuration.RedirectGap
    private(set) var priority: Int32 = 0
    private(set) var linkBurstBytes: Int
    private(set) var queueBytes: Int
    private(set) var retentionBytes: Int
    private(set) var retentionSeconds: Int
    private(set) var retentionCapSeconds: Int
    private(set) var heartbeat: Duration?
    private(set) var announceInterval: Duration?
    private(set) var quirks: [Quirk]
    private let capacity: Int?
    /// The longest that a host of the world keeps an entry, where they differ.
    private let longestRetention: Duration

    init(_ setting: Setting, host: Int) {
        children = setting.children
        redirectGap = setting.redirects ? .automatic : .never
        linkBurstBytes = setting.linkBurstBytes
        queueBytes = setting.queueBytes
        retentionBytes = setting.retentionBytes
        retentionSeconds = setting.retentionSeconds
        retentionCapSeconds = setting.retentionCapSeconds
        quirks = setting.quirks
        capacity = host < setting.capacities.count ? setting.capacities[host] : nil
        longestRetention =
            setting.isMixed ? .seconds(max(setting.retentionCapSeconds, Setting().retentionCapSeconds)) : .zero
        if setting.isMixed { mix(RandomNumbers(setting.seed, 21, UInt64(host))) }
    }

    private mutating func mix(_ drawn: RandomNumbers) {
        var chance = drawn
        let usual = Setting()
        children = chance.pick([children, children, 2, 3, 64])
        redirectGap = chance.pick([redirectGap, redirectGap, .never, .clients(1), .automatic])
        priority = chance.pick([0, 0, 0, 1, -1])
        linkBurstBytes = chance.pick([linkBurstBytes, usual.linkBurstBytes])
        queueBytes = chance.pick([queueBytes, usual.queueBytes])
        // No host keeps less than the world's least, since a check relies on that.
        if chance.happens(500) {
            retentionBytes = usual.retentionBytes
            retentionSeconds = usual.retentionSeconds
            retentionCapSeconds = usual.retentionCapSeconds
        }
        if !quirks.contains(.calm), !quirks.contains(.nervous) {
            heartbeat = chance.pick([nil, .milliseconds(300), .milliseconds(700)])
        }
        announceInterval = chance.pick([nil, .milliseconds(700), .seconds(12)])
        quirks = quirks.filter { quirk in
            // Neighbours' heartbeats have to suit each other.
            quirk == .calm || quirk == .nervous || chance.happens(600)
        }
    }

    func apply(to configuration: inout Configuration) {
        configuration.redirectGap = redirectGap
        configuration.priority = priority
        configuration.limits.children = children
        if let capacity { configuration.limits.clients = capacity }
        configuration.limits.linkBurstBytes = linkBurstBytes
        configuration.limits.queueBytes = queueBytes
        configuration.limits.retentionBytes = retentionBytes
        configuration.limits.retentionSlackBytes = min(
            configuration.limits.retentionSlackBytes, retentionBytes / 8)
        configuration.limits.retentionTime = .seconds(retentionSeconds)
        configuration.limits.retentionCap = .seconds(retentionCapSeconds)
        configuration.limits.longestRetention = longestRetention
        if let announceInterval, !quirks.contains(.calm) { configuration.announceInterval = announceInterval }
        if let heartbeat { configuration.limits.heartbeat = heartbeat }
        for quirk in quirks { quirk.apply(to: &configuration) }
    }
}

extension Setting {
    /// The largest queue that one of the hosts may have, in bytes.
    var largestQueueBytes: Int { isMixed ? max(queueBytes, Setting().queueBytes) : queueBytes }
}

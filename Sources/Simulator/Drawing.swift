import Tree

/// A kind of fault in a drawn history.
public enum FaultKind: String, CaseIterable, Sendable {
    case kill
    case vanish
    case freeze
    case cut
    case oneWayCut
    case split
    case slow
    case clock
    case jump
    case storm
    case flap
    case leave
    case join
    case move
    case spoil
    case doze
    case disk
    case remove
    case reset
    /// Some pairs can't reach each other, mostly to the end of the history.
    case pairs
    /// The same, in one direction.
    case oneWayPairs
    /// Between some pairs no new connection is made; old ones stand.
    case barredPairs

    /// Nodes that know the secret and lie.
    case lie
    /// The network's secret is changed while it runs, and links prove it.
    case rotate
    /// Names are banned, and let in again.
    case ban

    /// Drawn beside the others, by generators of their own: those that concern pairs, and all of these.
    static let ofPairs: [FaultKind] = [.pairs, .oneWayPairs, .barredPairs]
    static let drawnApart = ofPairs + [.lie, .rotate, .ban]
}

/// Draws a schedule from a seed: first the world, then the kinds of faults, then their times. Not every history has all
/// kinds (Groce et al., "Swarm Testing", 2012: if everything may happen in a history, hardly anything happens often).
public struct Drawing: Sendable {
    /// Nil for drawn.
    public var nodes: Int?
    public var replicas: Int?
    public var order: Configuration.Order?
    public var faultSeconds: Int?
    public var messagesPerSecond: Int?
    /// Nil for drawn; otherwise these alone, and all of them.
    public var faults: [FaultKind]?
    /// Leaves out large worlds and long histories.
    public var isSmall = false

    public init() {}

    public func schedule(seed: UInt64) -> Schedule {
        var draft = Draft(drawing: self, chance: RandomNumbers(seed, 3), seed: seed)
        return draft.draw()
    }
}

private struct Draft {
    let drawing: Drawing
    var chance: RandomNumbers
    let seed: UInt64
    var schedule = Schedule()
    var hosts = 0
    var cuts = 0
    /// Milliseconds at which the faults begin and end.
    var begin = 4000
    var end = 30_000
    /// Failures are far apart, so that the promises for one failure at a time can be checked.
    var isGentle = false
    /// Two clients that want one name come to either side of the next cut.
    var hasRivals = false

    init(drawing: Drawing, chance: RandomNumbers, seed: UInt64) {
        self.drawing = drawing
        self.chance = chance
        self.seed = seed
    }

    mutating func draw() -> Schedule {
        drawSetting()
        drawStarts()
        drawClients()
        drawFaults()
        var pairs = PairDrawing(drawing: drawing, hosts: hosts, seed: seed, begin: begin, end: end, cuts: cuts)
        pairs.draw()
        schedule.steps += pairs.steps
        end = pairs.end
        schedule.steps += RotationDrawing(drawing: drawing, hosts: hosts, seed: seed, begin: begin, end: end).steps()
        schedule.steps += LieDrawing(drawing: drawing, hosts: hosts, seed: seed, begin: begin, end: end).steps()
        schedule.steps += BanDrawing(drawing: drawing, hosts: hosts, seed: seed, begin: begin, end: end).steps()
        drawEnd()
        // The order of steps at one time is the order in which they were drawn.
        let order = schedule.steps.indices.sorted {
            (schedule.steps[$0].atMilliseconds, $0) < (schedule.steps[$1].atMilliseconds, $1)
        }
        schedule.steps = order.map { schedule.steps[$0] }
        return schedule
    }

    private mutating func add(_ at: Int, _ action: Action) {
        schedule.steps.append(.init(atMilliseconds: at, action))
    }

    // MARK: The world

    private mutating func drawSetting() {
        switch chance.below(drawing.isSmall ? 6 : 10) {
        case 0...5: hosts = chance.within(3...8)
        case 6...8: hosts = chance.within(9...20)
        default: hosts = chance.within(21...50)
        }
        hosts = drawing.nodes ?? hosts
        end = begin + 1000 * (drawing.faultSeconds ?? chance.within(drawing.isSmall ? 8...14 : 14...30))
        isGentle = chance.happens(400)
        var setting = Setting()
        setting.seed = seed
        setting.replicas = drawing.replicas ?? chance.pick([0, 1, 1, 1, 2])
        setting.children = chance.pick([2, 3, 4, 64, 64])
        setting.latency = chance.pick([20...100, 50...500, 1000...5000, 5000...30_000, 1000...120_000])
        setting.seeds = chance.pick([0, 1, 2, 2, 3])
        setting.redirects = chance.happens(300)
        setting.asksClock = chance.happens(800)
        setting.congestionPackets = chance.pick([4, 20, 1000, 1000, 1000])
        setting.linkBurstBytes = chance.pick([200, 2000, 256 * 1024, 256 * 1024])
        setting.queueBytes = chance.pick([600, 4000, 4 * 1024 * 1024, 4 * 1024 * 1024])
        setting.readBurst = chance.pick([1, 4, 64, 64])
        setting.timersFirstPerMille = chance.pick([0, 100, 500, 1000])
        setting.lateness = chance.pick([100, 1000, 30_000])
        setting.disklessPerMille = chance.pick([0, 0, 0, 200, 1000])
        setting.padding = chance.pick([0, 0, 50, 800])
        if chance.happens(250) {
            setting.retentionBytes = chance.pick([0, 20_000, 100_000, 256 * 1024 * 1024])
            setting.retentionSeconds = chance.pick([2, 5, 600])
            setting.retentionCapSeconds = chance.pick([4, 24 * 3600])
        }
        // Each quirk occurs in a quarter of the histories, for all nodes alike.
        setting.quirks = Quirk.allCases.filter { quirk in
            if Quirk.drawnApart.contains(where: { $0.quirk == quirk }) { return false }
            guard chance.happens(250) else { return false }
            switch quirk {
            case .calm: return false
            // An answer has to have a chance to come.
            case .impatient, .nervous: return setting.latency.upperBound <= 30_000
            case .unquestioning: return setting.latency.upperBound <= 5000
            default: return true
            }
        }
        var apart = RandomNumbers(seed, 23)
        setting.quirks += Quirk.drawnApart.filter { apart.happens($0.perMille) }.map(\.quirk)
        // By a generator of its own, so that worlds that aren't mixed stay as they were before this setting.
        var mixing = RandomNumbers(seed, 22)
        setting.isMixed = mixing.happens(400)
        setting.order = drawing.order ?? (chance.happens(400) ? .total : .causal)
        setting.clockLatency = chance.pick([50...1000, 50...1000, 500...20_000, 10_000...110_000, 1000...300_000])
        schedule.setting = setting
    }

    private mutating func drawStarts() {
        let spread = chance.pick([0, 200, 2500])
        add(0, .start(host: 0, under: nil))
        for host in 1..<hosts {
            let parent = chance.happens(300) ? 0 : chance.below(host)
            let at =
                drawing.faults == nil && chance.happens(80)
                ? chance.within(begin...end - 2000) : 20 + chance.within(0...spread)
            add(at, .start(host: host, under: parent))
        }
    }

    private mutating func drawClients() {
        let count = chance.within(2...min(10, 2 + hosts))
        schedule.setting.clients = (0..<count).map { _ in
            switch chance.below(10) {
            case 0...1: .base
            case 2...4: .named(chance.below(3))
            default: .numbering
            }
        }
        for client in 0..<count {
            let isLate = chance.happens(300)
            add(
                chance.within(isLate ? begin...end - 2000 : 300...begin),
                .arrive(client: client, host: chance.below(hosts)))
        }
        let rate = drawing.messagesPerSecond ?? chance.pick([2, 5, 10, 20, 40])
        let pause = 1000 / rate
        var at = 600
        while at < end + 4000 {
            at += chance.within(0...2 * pause)
            add(at, .say(client: chance.below(count), answering: chance.happens(400)))
        }
        guard chance.happens(500) else { return }
        for _ in 0..<chance.within(1...6) {
            let client = chance.below(count)
            let at = chance.within(begin...end)
            add(at, .depart(client: client))
            add(at + chance.within(500...4000), .arrive(client: client, host: chance.below(hosts)))
        }
    }

    // MARK: The faults

    private mutating func drawFaults() {
        let kinds =
            drawing.faults
            ?? chance.some(chance.within(1...5), of: FaultKind.allCases.filter { !FaultKind.drawnApart.contains($0) })
        if kinds.contains(.doze), chance.happens(300) {
            // A client that sleeps for long enough falls off the log.
            schedule.setting.retentionBytes = 0
            schedule.setting.congestionPackets = 4
            schedule.setting.padding = 4000
        }
        hasRivals = (kinds.contains(.cut) || kinds.contains(.split)) && chance.happens(300)
        for kind in kinds where !FaultKind.drawnApart.contains(kind) {
            let pause =
                isGentle && [.kill, .vanish, .leave].contains(kind)
                ? chance.within(9000...14_000) : chance.pick([800, 2000, 5000])
            var at = begin + chance.within(0...pause)
            while at < end - 500 {
                draw(kind, at)
                at += chance.within(pause / 2...2 * pause)
            }
        }
    }

    private mutating func draw(_ kind: FaultKind, _ at: Int) {
        let host = chance.below(hosts)
        switch kind {
        case .kill:
            add(at, .kill(host: host))
            restartLater(host, at)
        case .vanish:
            add(at, .vanish(host: host))
            restartLater(host, at)
        case .freeze:
            add(at, .freeze(host: host))
            add(at + chance.pick([100, 600, 1500, 3200, 6000, 10_000]), .thaw(host: host))
        case .cut:
            let group = chance.some(chance.within(1...max(1, hosts / 2)), of: Array(0..<hosts))
            part([group, (0..<hosts).filter { !group.contains($0) }], at)
        case .oneWayCut:
            let group = chance.some(chance.within(1...max(1, hosts / 2)), of: Array(0..<hosts))
            let others = chance.some(chance.within(1...hosts), of: (0..<hosts).filter { !group.contains($0) })
            cut(group, others, at, chance.pick([600, 2000, 5000, 10_000]))
        case .split:
            var parts: [[Int]] = [[], [], []]
            for host in 0..<hosts { parts[chance.below(3)].append(host) }
            part(parts.filter { !$0.isEmpty }, at)
        case .slow:
            add(at, .slow(host: host, microseconds: chance.pick([2000, 20_000, 100_000])))
            add(at + chance.within(500...5000), .slow(host: host, microseconds: 0))
        case .clock:
            if chance.happens(300) {
                let setBack = chance.pick([0, 0, chance.within(0...20_000), 3_600_000])
                return add(at, .clockRestart(setBackMilliseconds: setBack))
            }
            add(at, .clockDown)
            add(at + chance.within(500...8000), .clockUp)
        case .jump:
            add(at, .jump(host: host, milliseconds: chance.within(0...7_200_000) - 3_600_000))
        case .storm: add(at, .disconnect(host: host))
        case .flap:
            let other = chance.below(hosts)
            for _ in 0..<chance.within(1...5) { add(at + chance.within(0...1500), .flap(host, other)) }
        case .leave:
            add(at, .leave(host: host))
            restartLater(host, at + 1000)
        case .join:
            // A rolling replacement: the node ends, and starts again at once with its data directory.
            add(at, .kill(host: host))
            add(at + chance.within(1...50), .restart(host: host, remembering: chance.happens(700)))
        case .doze:
            let client = chance.below(schedule.setting.clients.count)
            add(at, .doze(client: client))
            add(at + chance.within(500...12_000), .rouse(client: client))
        case .spoil: add(at, .spoil(from: host, to: chance.below(hosts)))
        case .disk:
            add(at, .diskFails(host: host))
            add(at + chance.within(500...12_000), .diskWorks(host: host))
        case .remove: add(at, .remove(name: chance.below(3), host: host))
        case .reset:
            guard chance.happens(400) else { return add(at, .reset(name: chance.below(3), host: host)) }
            // For a client without a name this does nothing.
            add(at, .changeSecret(client: chance.below(schedule.setting.clients.count), host: host))
        case .pairs, .oneWayPairs, .barredPairs, .lie, .rotate, .ban: break
        case .move:
            guard !schedule.setting.clients.isEmpty else { return }
            add(at, .move(client: chance.below(schedule.setting.clients.count), host: host))
        }
    }

    private mutating func restartLater(_ host: Int, _ at: Int) {
        guard chance.happens(750) else { return }
        add(at + chance.pick([50, 400, 2000, 5000, 9000]), .restart(host: host, remembering: chance.happens(700)))
    }

    /// Cuts all parts from one another, and mends them one after the other.
    private mutating func part(_ parts: [[Int]], _ at: Int) {
        if hasRivals, parts.count > 1, !parts.contains(where: \.isEmpty) {
            hasRivals = false
            for part in parts.prefix(2) {
                let client = schedule.setting.clients.count
                schedule.setting.clients.append(.named(3))
                add(at + chance.within(50...800), .arrive(client: client, host: chance.pick(part)))
            }
            for a in parts.indices {
                for b in parts.indices where a != b { cut(parts[a], parts[b], at, chance.within(6000...12_000)) }
            }
            return
        }
        for a in parts.indices {
            for b in parts.indices where a != b { cut(parts[a], parts[b], at, chance.pick([600, 2000, 5000, 10_000])) }
        }
    }

    private mutating func cut(_ from: [Int], _ to: [Int], _ at: Int, _ length: Int) {
        guard !from.isEmpty, !to.isEmpty else { return }
        cuts += 1
        add(at, .cut(cuts, from: from.sorted(), to: to.sorted()))
        add(at + length, .mend(cuts))
    }

    // MARK: The end

    private mutating func drawEnd() {
        let all = Array(0..<hosts)
        let dead = isGentle ? chance.within(0...min(schedule.setting.replicas, hosts - 1)) : chance.below(hosts)
        var well = chance.some(hosts - dead, of: all)
        // Without a node that all nodes know, they may never find each other: that is drawn, but not often.
        let seeds = schedule.setting.seeds
        if seeds > 0, !well.contains(where: { $0 < seeds }), chance.happens(900) { well.append(chance.below(seeds)) }
        add(end, .settle(hosts: well.sorted(), silently: chance.happens(400)))
    }
}

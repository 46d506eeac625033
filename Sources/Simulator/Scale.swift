import Tree

/// One large tree. Its nodes join and rest, then the root and a tenth of the nodes are lost at once, and the tree
/// heals. The measurements show how the cost of each phase grows with the number of nodes.
///
/// The history is a schedule like any other, and every promise is checked in it.
public struct Scale: Sendable {
    public let nodes: Int
    /// Seconds from the first start to one tree of all nodes; below it, how long it took to start them.
    public private(set) var joinedSeconds: Double?
    public let startSeconds: Double
    public private(set) var depth = 0
    public private(set) var joining = Traffic()
    /// The traffic in `restSeconds`.
    public private(set) var resting = Traffic()
    public static let restSeconds = 10
    /// Seconds from the loss to one tree of all living nodes; nil if there was none.
    public private(set) var healingSeconds: Double?
    public private(set) var depthAfter = 0
    public private(set) var healing = Traffic()
    public private(set) var violations: [Violation] = []
    public private(set) var wallSeconds = 0.0

    /// How many nodes start in a second.
    private static let startsPerSecond = 500
    /// How long the last nodes get to find a position, before the measured rest begins.
    private static let settlingSeconds = 20

    public init(nodes: Int, seed: UInt64 = 1) {
        self.nodes = nodes
        startSeconds = Double(nodes) / Double(Self.startsPerSecond)
        let clock = ContinuousClock()
        let began = clock.now
        measure(World(schedule(seed)))
        wallSeconds = Double((clock.now - began).wholeNanoseconds) / 1e9
    }

    private var lossMilliseconds: Int { Int(startSeconds * 1000) + 1000 * (Self.settlingSeconds + Self.restSeconds) }

    /// A schedule in which every node is told to join one of the first three, and ten clients talk.
    private func schedule(_ seed: UInt64) -> Schedule {
        var chance = RandomNumbers(seed, 21, UInt64(nodes))
        var schedule = Schedule()
        schedule.setting.seed = seed
        schedule.setting.seeds = 3
        schedule.setting.clients = Array(repeating: .numbering, count: 10)
        func add(_ at: Int, _ action: Action) { schedule.steps.append(.init(atMilliseconds: at, action)) }
        for host in 0..<nodes {
            add(
                1000 * host / Self.startsPerSecond,
                .start(host: host, under: host == 0 ? nil : chance.below(min(3, host))))
        }
        for client in 0..<10 {
            add(lossMilliseconds - 1000 * Self.restSeconds - 5000, .arrive(client: client, host: chance.below(nodes)))
        }
        for step in 0..<30 {
            add(
                lossMilliseconds - 1000 * Self.restSeconds + 500 * step,
                .say(client: step % 10, answering: step % 3 == 0))
        }
        let others = chance.some(nodes - 1, of: Array(1..<nodes))
        add(lossMilliseconds, .settle(hosts: others.dropFirst(nodes / 10).sorted(), silently: false))
        let order = schedule.steps.indices.sorted {
            (schedule.steps[$0].atMilliseconds, $0) < (schedule.steps[$1].atMilliseconds, $1)
        }
        schedule.steps = order.map { schedule.steps[$0] }
        return schedule
    }

    private mutating func measure(_ world: World) {
        let all = Array(0..<nodes)
        let loss = UInt64(lossMilliseconds) * millisecond
        let restBegins = loss - UInt64(Self.restSeconds) * second
        var at: UInt64 = 0
        while at < restBegins, world.checks.violations.isEmpty {
            at += 10 * millisecond
            world.run(until: at)
            if joinedSeconds == nil, at >= UInt64(startSeconds * 1e9), world.checks.isOneTree(all) {
                joinedSeconds = Double(at) / 1e9
                joining = world.traffic
            }
        }
        let beforeRest = world.traffic
        world.run(until: loss - 1)
        resting = world.traffic - beforeRest
        depth = Self.depth(world)
        let beforeLoss = world.traffic
        // The step at this moment is the loss itself.
        world.run(until: loss)
        let living = world.settled ?? all
        at = loss
        while healingSeconds == nil, world.checks.violations.isEmpty, at < loss + 60 * second {
            at += millisecond
            world.run(until: at)
            if (at - loss) % (10 * millisecond) == 0, world.checks.isOneTree(living) {
                healingSeconds = Double(at - loss) / 1e9
                healing = world.traffic - beforeLoss
            }
        }
        depthAfter = Self.depth(world)
        world.run()
        violations = world.checks.violations
    }

    private static func depth(_ world: World) -> Int {
        world.hosts.reduce(0) { max($0, Int($1.node?.currentLabel.depth ?? 0)) }
    }
}

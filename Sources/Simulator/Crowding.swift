import Tree

/// A crowd that comes to a tree of four nodes: how the nodes spread it, and how often they move each client.
///
/// The history is a schedule like any other. Half of the clients tell the next node that they were redirected, as the
/// project's own client does. The others use the base protocol and don't tell.
public struct Crowding: Sendable {
    public enum Story: String, CaseIterable, Sendable {
        case oneNode = "all come to one node"
        case emptyNode = "a node comes back empty"
        case capacities = "four unequal capacities"
    }

    public let story: Story
    public let clients: Int
    /// The clients of each node at the end.
    public private(set) var loads: [Int] = []
    /// How many clients each node takes; empty if all take all.
    public private(set) var capacities: [Int] = []
    /// Clients that aren't logged in at the end.
    public private(set) var outside = 0
    public private(set) var redirects = 0
    /// How often a full node turned a client away.
    public private(set) var refusals = 0
    /// The most redirects of one client for one login, among the clients that tell of redirects.
    public private(set) var mostForOneLogin = 0
    /// Clients of this kind that were redirected twice within a minute.
    public private(set) var movedTwice = 0
    /// Clients of the base protocol that were redirected twice within a minute.
    public private(set) var othersMovedTwice = 0
    /// Seconds from the last arrival until the loads were within the gap and all clients were logged in; nil if that
    /// never happened.
    public private(set) var settledSeconds: Double?
    public private(set) var violations: [Violation] = []

    /// The loads are within the gap, all clients are logged in, and none was moved more than once.
    public var keepsItsPromises: Bool {
        settledSeconds != nil && outside == 0 && mostForOneLogin <= 1 && movedTwice == 0 && violations.isEmpty
    }

    /// The time for the arrivals, and then for the loads to settle.
    private static let arrivalSeconds = 5
    private static let patienceSeconds = 20

    public init(_ story: Story, clients: Int, seed: UInt64 = 1) {
        self.story = story
        self.clients = clients
        if story == .capacities { capacities = [clients / 20, clients * 3 / 20, clients * 2 / 5, clients * 2] }
        var schedule = Schedule()
        schedule.setting.seed = seed
        schedule.setting.redirects = true
        schedule.setting.capacities = capacities
        schedule.setting.clients = (0..<clients).map { $0 % 2 == 0 ? .numbering : .base }
        let lastArrival = plan(&schedule)
        measure(World(schedule), lastArrival: lastArrival)
    }

    /// - Returns: when the last client comes, in milliseconds.
    private func plan(_ schedule: inout Schedule) -> Int {
        var steps: [Schedule.Step] = []
        func add(_ at: Int, _ action: Action) { steps.append(.init(atMilliseconds: at, action)) }
        for host in 0..<4 { add(100 * host, .start(host: host, under: host == 0 ? nil : 0)) }
        func arrive(_ clients: Range<Int>, from begin: Int, at host: (Int) -> Int) {
            for (place, client) in clients.enumerated() {
                let at = begin + 1000 * Self.arrivalSeconds * place / clients.count
                add(at, .arrive(client: client, host: host(client)))
            }
        }
        var last = 2000
        switch story {
        case .oneNode: arrive(0..<clients, from: last) { _ in 0 }
        case .capacities: arrive(0..<clients, from: last) { $0 / 2 % 2 }
        case .emptyNode:
            arrive(0..<clients * 2 / 3, from: last) { $0 % 4 }
            add(20_000, .kill(host: 3))
            add(30_000, .restart(host: 3, remembering: true))
            last = 80_000
            arrive(clients * 2 / 3..<clients, from: last) { $0 % 3 }
        }
        schedule.steps = steps.indices.sorted {
            (steps[$0].atMilliseconds, $0) < (steps[$1].atMilliseconds, $1)
        }.map { steps[$0] }
        return last + 1000 * Self.arrivalSeconds
    }

    private mutating func measure(_ world: World, lastArrival: Int) {
        var at = UInt64(lastArrival) * millisecond
        let end = at + UInt64(Self.patienceSeconds) * second
        world.run(until: at)
        while at < end, world.checks.violations.isEmpty {
            at += 100 * millisecond
            world.run(until: at)
            loads = world.hosts.map { $0.node?.load ?? 0 }
            let isSettled = isSpread && world.clients.allSatisfy(\.isLoggedIn)
            if !isSettled { settledSeconds = nil }
            if isSettled, settledSeconds == nil {
                settledSeconds = Double(at / millisecond - UInt64(lastArrival)) / 1000
            }
        }
        for client in world.clients {
            let times = client.redirectedAt
            redirects += times.count
            refusals += client.refusals
            let isMovedTwice = zip(times, times.dropFirst()).contains { $1 - $0 < 60 * second }
            if client.numbers {
                if isMovedTwice { movedTwice += 1 }
                mostForOneLogin = max(mostForOneLogin, client.mostRedirectsForOneLogin)
            } else if isMovedTwice {
                othersMovedTwice += 1
            }
            if !client.isLoggedIn { outside += 1 }
        }
        violations = world.checks.violations
    }

    /// Whether each node that has fewer clients than another one by more than the gap has no room. One client in a
    /// hundred may be more: clients of the base protocol don't tell of redirects, so some are counted twice on their
    /// way.
    private var isSpread: Bool {
        loads.indices.allSatisfy { one in
            loads.indices.allSatisfy { other in
                let hasRoom = capacities.isEmpty || loads[other] < capacities[other]
                return !hasRoom || loads[one] - loads[other] <= max(2, loads[one] / 10) + loads[one] / 100
            }
        }
    }
}

import Foundation
import struct Tree.RandomNumbers

/// Faults by lot, one after the other, while clients talk; and what came of it.
///
/// One node at a time is down or not yet healed: so much one copy beside the first outlives. Before each fault the
/// nodes are one tree again and everybody has heard everybody.
final class ChaosRun {
    enum Fault: CaseIterable {
        case kill, stop, leave, cut
    }

    /// The clients that move about, besides the one that lives and dies with each node.
    static let clientCount = 7

    let bench: Bench
    let sites: Sites
    let crowd: Crowd
    var chance: RandomNumbers
    let report = ChaosReport()
    /// The tree before the fault.
    private(set) var view: TreeView!
    private var bag: [Fault] = []
    private let start = now()
    private var newcomers = 0

    /// Two under each.
    static let sevenNodes = [nil, 0, 0, 1, 1, 2, 2]

    /// `parents`: under which place each node starts.
    init(_ bench: Bench, seed: UInt64, _ parents: [Int?] = sevenNodes, lab: Lab? = nil) throws {
        self.bench = bench
        chance = RandomNumbers(seed: seed)
        sites = try Sites(bench, count: parents.count, lab: lab)
        crowd = Crowd(sites, RandomNumbers(seed: seed &+ 1))
        for (place, parent) in parents.enumerated() { try begin(place, under: parent) }
        for number in 1...Self.clientCount {
            crowd.add(
                "client\(number)",
                .init(
                    hasAccount: number <= 2, period: number == Self.clientCount ? nil : .milliseconds(250),
                    patience: chance.milliseconds(1_500...8_000)))
        }
        view = try whole()
    }

    /// Faults until the time is over.
    func run(for duration: Duration, atMost limit: Int = .max) throws {
        let end = now() + duration
        var count = 0
        while now() < end, count < limit {
            count += 1
            if bag.isEmpty { fillBag() }
            let fault = bag.removeLast()
            let line =
                switch fault {
                case .kill: try kill()
                case .stop: try stop()
                case .leave: try leave()
                case .cut: try cut()
                }
            let mended = now()
            do {
                view = try whole()
            } catch {
                print("\(clock)  \(line)")
                throw error
            }
            print("\(clock)  \(line); whole \(shown(now() - mended)) later")
            stir()
            crowd.run(for: chance.milliseconds(0...150))
        }
    }

    private func fillBag() {
        bag = Array(repeating: .kill, count: 12) + [.stop, .leave, .leave]
        if sites.lab != nil { bag += [.cut, .cut, .cut] }
        bag.shuffle(using: &chance)
    }

    private var clock: String {
        let seconds = (now() - start).milliseconds / 1_000
        return String(repeating: " ", count: max(0, 6 - String(Int(seconds)).count)) + "\(Int(seconds)) s"
    }

    func shown(_ duration: Duration) -> String { "\(Int(duration.milliseconds.rounded())) ms" }

    // MARK: - Between faults

    /// Starts a node and waits until it listens.
    func begin(_ place: Int, under parent: Int?) throws {
        try sites.start(place, under: parent)
        let program = sites.programs[place]!
        let listens = crowd.run(within: .seconds(10)) {
            !program.isRunning || program.readAvailableLine() != nil
        }
        guard listens, program.isRunning else { throw Failure("\(sites.name(place)) doesn't start") }
        crowd.addResident(at: place)
    }

    /// Under one of the others; now and then as a root of its own, which the others have to find.
    func beginAgain(_ place: Int) throws -> String {
        let isRoot = chance.once(in: 10)
        let parent = isRoot ? nil : chance.pick(sites.up.filter { $0 != place })
        try begin(place, under: parent)
        return parent.map { "again under \(sites.name($0))" } ?? "again by itself"
    }

    /// One tree of all nodes, in which everybody hears everybody.
    @discardableResult
    func whole() throws -> TreeView {
        let all = Array(sites.places)
        guard let view = try crowd.waitForOneTree(of: all, within: .seconds(15)) else {
            throw Failure("not one tree within 15 s")
        }
        let missing = crowd.waitUntilAllHear(within: .seconds(40))
        guard missing.isEmpty else {
            throw Failure("not everybody hears everybody within 40 s: \(missing.joined(separator: "; "))")
        }
        guard crowd.ledger.complaints.isEmpty else { throw Failure("what was promised was not kept") }
        return view
    }

    /// Clients come, go and change their nodes, without anything having happened to these.
    private func stir() {
        let free = crowd.present.filter { $0.settings.home == nil }
        if chance.once(in: 3) { chance.pick(free).leave(crowd) }
        guard chance.once(in: 6) else { return }
        if free.count < Self.clientCount + 4 {
            newcomers += 1
            crowd.add("newcomer\(newcomers)", .init(period: .milliseconds(400)))
        } else if let tired = free.first(where: { $0.name.hasPrefix("newcomer") && $0.outbox.isEmpty }) {
            tired.connection?.close()
            tired.connection = nil
            tired.state = .gone
        }
    }

    /// From now on takes the time until these parts hear each other.
    func beginCrossing(_ parts: [[Int]]) {
        crowd.crossing = Crossing(since: now(), parts: parts)
        crowd.isUrgent = true
    }

    func endCrossing(within limit: Duration) -> Duration? {
        defer {
            crowd.crossing = nil
            crowd.isUrgent = false
        }
        _ = crowd.run(within: limit) { crowd.crossing!.isDone }
        return crowd.crossing!.took
    }

    // MARK: - The end

    /// Everything comes to rest; then each history is judged.
    func finish() throws {
        crowd.isTalking = false
        let isQuiet = crowd.run(within: .seconds(40)) {
            crowd.present.allSatisfy { client in
                client.outbox.isEmpty && client.history.start != nil && client.history.isComplete(crowd.ledger)
            }
        }
        for client in crowd.clients where client.history.start != nil {
            client.history.judge(isPresent: !client.isGone, crowd.ledger)
        }
        crowd.run(for: .milliseconds(500))
        report.printSummary(crowd)
        guard crowd.ledger.complaints.isEmpty else { throw Failure("what was promised was not kept") }
        guard isQuiet else {
            let waiting = crowd.present.filter { !$0.outbox.isEmpty }
            throw Failure("these wait in vain for what they said: \(waiting.map(\.name))")
        }
        let last = try crowd.waitForOneTree(of: Array(sites.places), within: .seconds(15))
        guard last?.queued == 0 else { throw Failure("messages wait in a queue, and nobody talks") }
    }
}

import Tree

/// Makes a failing schedule shorter while it still breaks the same rule (Zeller, Hildebrandt, "Simplifying and
/// Isolating Failure-Inducing Input", 2002).
struct Shrinking {
    let rule: String
    let mutation: Mutation?
    /// How many histories may still be run.
    var budget: Int
    private var best: Schedule

    init(_ schedule: Schedule, rule: String, mutation: Mutation?, budget: Int) {
        best = schedule
        self.rule = rule
        self.mutation = mutation
        self.budget = budget
    }

    mutating func shrink() -> Schedule {
        dropHosts()
        dropClients()
        // A reader has to understand the faults, so faults are dropped first. Messages are many, and easy to read.
        dropSteps {
            switch $0 {
            case .say, .settle: false
            default: true
            }
        }
        dropSteps { if case .say = $0 { true } else { false } }
        dropHosts()
        return best
    }

    private mutating func stillFails(_ schedule: Schedule) -> Bool {
        guard budget > 0 else { return false }
        budget -= 1
        let world = World(schedule, mutation: mutation)
        world.run()
        return world.checks.violations.first?.rule == rule
    }

    private mutating func keepIfFailing(_ steps: [Schedule.Step]) -> Bool {
        guard steps.count < best.steps.count else { return false }
        var schedule = best
        schedule.steps = steps
        guard stillFails(schedule) else { return false }
        best = schedule
        return true
    }

    private mutating func dropHosts() {
        for host in (1..<best.hostCount).reversed() {
            _ = keepIfFailing(best.steps.compactMap { Self.without(host, $0) })
        }
    }

    /// The step without a host; nil if nothing is left of the step.
    private static func without(_ host: Int, _ step: Schedule.Step) -> Schedule.Step? {
        if step.action.host == host { return nil }
        var step = step
        switch step.action {
        case .start(let other, under: host): step.action = .start(host: other, under: 0)
        case .bar(let number, let from, let to):
            step.action = .bar(number, from: from.filter { $0 != host }, to: to.filter { $0 != host })
        case .cut(let number, let from, let to):
            step.action = .cut(number, from: from.filter { $0 != host }, to: to.filter { $0 != host })
        case .settle(let hosts, let silently):
            step.action = .settle(hosts: hosts.filter { $0 != host }, silently: silently)
        case .flap(let a, let b), .spoil(let a, let b): if a == host || b == host { return nil }
        default: break
        }
        return step
    }

    private mutating func dropClients() {
        let clients = Set(best.steps.compactMap(\.action.client)).sorted()
        for client in clients.reversed() { _ = keepIfFailing(best.steps.filter { $0.action.client != client }) }
    }

    /// Drops ever smaller runs of the steps of one kind.
    private mutating func dropSteps(where isDroppable: (Action) -> Bool) {
        var length = max(1, best.steps.count { isDroppable($0.action) } / 2)
        while budget > 0 {
            var start = 0
            while true {
                let droppable = best.steps.indices.filter { isDroppable(best.steps[$0].action) }
                guard start < droppable.count else { break }
                let dropped = Set(droppable[start..<min(start + length, droppable.count)])
                let steps = best.steps.indices.filter { !dropped.contains($0) }.map { best.steps[$0] }
                if !keepIfFailing(steps) { start += length }
                if budget == 0 { return }
            }
            guard length > 1 else { return }
            length /= 2
        }
    }
}

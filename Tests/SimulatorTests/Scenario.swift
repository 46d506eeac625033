import Simulator
import Testing

/// A history told by hand: nodes that are started under one another, a client at each of them, messages all the time.
struct Scenario {
    private(set) var schedule = Schedule()
    let nodes: Int

    /// - Parameter parents: under whom the nodes from 1 on are started.
    init(parents: [Int], messagesEvery milliseconds: Int = 100, seconds: Int) {
        nodes = parents.count + 1
        schedule.setting.clients = Array(repeating: .numbering, count: nodes)
        at(0, .start(host: 0, under: nil))
        for (index, parent) in parents.enumerated() {
            at(0.1 * Double(index + 1), .start(host: index + 1, under: parent))
        }
        let begin = 0.1 * Double(nodes) + 0.5
        for node in 0..<nodes { at(begin, .arrive(client: node, host: node)) }
        var time = Int(begin * 1000) + 200
        var speaker = 0
        while time < (seconds + 3) * 1000 {
            at(Double(time) / 1000, .say(client: speaker, answering: speaker % 2 == 0))
            speaker = (speaker + 1) % nodes
            time += milliseconds
        }
    }

    mutating func at(_ seconds: Double, _ action: Action) {
        schedule.steps.append(.init(atMilliseconds: Int(seconds * 1000), action))
    }

    mutating func set(_ change: (inout Setting) -> Void) { change(&schedule.setting) }

    /// Cuts groups of nodes from one another; the cuts have the numbers from `number` on.
    mutating func split(_ seconds: Double, _ parts: [[Int]], number: Int = 100) {
        var number = number
        for a in parts.indices {
            for b in parts.indices where a != b {
                at(seconds, .cut(number, from: parts[a], to: parts[b]))
                number += 1
            }
        }
    }

    /// The faults end here. All must come to rest among those that are well.
    mutating func settle(_ seconds: Double, _ well: [Int]) { at(seconds, .settle(hosts: well, silently: false)) }

    var ordered: Schedule {
        var ordered = schedule
        ordered.steps = schedule.steps.indices.sorted {
            (schedule.steps[$0].atMilliseconds, $0) < (schedule.steps[$1].atMilliseconds, $1)
        }.map { schedule.steps[$0] }
        return ordered
    }

    /// Runs it, and expects that no promise was broken.
    @discardableResult
    func play(sourceLocation: SourceLocation = #_sourceLocation) -> Simulation.Outcome {
        let outcome = Simulation.run(ordered)
        #expect(outcome.violations == [], sourceLocation: sourceLocation)
        #expect(outcome.healingSeconds != nil, sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs it in the same way, and hands on what the trace remarks: virtual seconds, #, what happened.
    func play(sourceLocation: SourceLocation = #_sourceLocation, _ remark: @escaping (String) -> Void) {
        let outcome = Simulation.run(ordered, options: .init(), remark: remark)
        #expect(outcome.violations == [], sourceLocation: sourceLocation)
    }
}

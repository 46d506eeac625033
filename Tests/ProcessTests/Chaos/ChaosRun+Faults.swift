import Foundation

/// The faults themselves. Each returns what it did, in a line.
extension ChaosRun {
    /// An inner node more often than a leaf, which nobody else depends on.
    private func victim() -> Int {
        let inner = sites.places.filter { !view.children(of: $0).isEmpty }
        return chance.pick(chance.once(in: 4) ? Array(sites.places) : inner)
    }

    private func described(_ place: Int) -> String {
        let name = sites.name(place)
        if view.parent(of: place) == nil { return "\(name), the root" }
        return view.children(of: place).isEmpty ? "\(name), a leaf" : name
    }

    /// kill -9. The node starts again at once, while its neighbours still look for it, or after a while.
    func kill() throws -> String {
        let victim = victim()
        let isAtOnce = chance.once(in: 3)
        var line = "kill -9 of \(described(victim))"
        beginCrossing(view.parts(without: victim))
        sites.programs[victim]!.killHard()
        if isAtOnce { line += ", \(try beginAgain(victim))" }
        let parts = view.parts(without: victim).count
        if parts > 1 {
            guard let took = endCrossing(within: .seconds(15)) else {
                throw Failure("\(line): its \(parts) neighbours' branches don't hear each other within 15 s")
            }
            report.healings.append(took)
            line += ", \(parts) branches hear each other after \(shown(took))"
        } else {
            _ = endCrossing(within: .zero)
        }
        report.kills += 1
        if !isAtOnce {
            crowd.run(for: chance.milliseconds(0...300))
            line += ", \(try beginAgain(victim))"
        }
        return line
    }

    /// SIGSTOP, and SIGCONT after 1 to 6 s: nobody's connection closes.
    func stop() throws -> String {
        let victim = victim()
        let program = sites.programs[victim]!
        let pause = chance.milliseconds(1_000...6_000)
        var line = "SIGSTOP of \(described(victim)) for \(shown(pause))"
        let repeater = bringRepeater(to: victim)
        beginCrossing(view.parts(without: victim))
        program.signal(SIGSTOP)
        if let repeater {
            // The trap of a retry: the first copy lies unread in a node that stands still, the second one is said
            // elsewhere, and so one message gets two ids.
            repeater.say(now(), crowd)
            repeater.leave(crowd, to: chance.pick(sites.up.filter { $0 != victim }))
            report.traps += 1
        }
        _ = crowd.run(within: pause) { false }
        program.signal(SIGCONT)
        if let took = endCrossing(within: .zero), took < pause {
            report.silentHealings.append(took)
            line += ", the others hear each other after \(shown(took))"
        }
        report.stops += 1
        return line
    }

    /// One that moves about and talks, logged in at this place; nil if none could be brought there.
    private func bringRepeater(to place: Int) -> RoamingClient? {
        let talkers = crowd.present.filter { $0.settings.home == nil && $0.settings.period != nil && $0.place != nil }
        if let here = talkers.first(where: { $0.place == place }) { return here }
        guard let other = talkers.first else { return nil }
        other.leave(crowd, to: place)
        return crowd.run(within: .seconds(2)) { other.place == place } ? other : nil
    }

    /// SIGTERM: the node sends everybody on and ends with 0.
    func leave() throws -> String {
        let victim = victim()
        var line = "SIGTERM for \(described(victim))"
        let took = try endInOrder(victim)
        line += ", gone after \(shown(took))"
        crowd.run(for: chance.milliseconds(0...300))
        return line + ", \(try beginAgain(victim))"
    }

    /// How long it took. Throws if it didn't end well and in time.
    func endInOrder(_ place: Int) throws -> Duration {
        let program = sites.programs[place]!
        let asked = now()
        program.signal(SIGTERM)
        guard crowd.run(within: .seconds(6), until: { !program.isRunning }) else {
            throw Failure("\(sites.name(place)) is still there 6 s after SIGTERM")
        }
        guard program.ending == .exited(0) else {
            throw Failure("\(sites.name(place)) ended with \(program.ending!) after SIGTERM")
        }
        report.leaves += 1
        return now() - asked
    }

    // MARK: - Cuts

    /// Some nodes don't reach some others for a while; no connection closes by it.
    func cut() throws -> String {
        let lab = sites.lab!
        let pause = chance.milliseconds(chance.once(in: 2) ? 500...3_000 : 4_000...6_500)
        let places = Array(sites.places)
        var line: String
        var sides: [[Int]]
        // Those of the larger side, which become one tree while the cut lasts.
        var branches: [[Int]] = []
        switch Int.random(in: 0..<4, using: &chance) {
        case 0:
            let island = victim()
            sides = [[island], places.filter { $0 != island }]
            line = "\(described(island)) is cut off"
            branches = view.parts(without: island)
            try lab.split(off: [island])
        case 1:
            let some = places.shuffled(using: &chance).prefix(Int.random(in: 2...3, using: &chance)).sorted()
            sides = [some, places.filter { !some.contains($0) }]
            line = "\(sites.names(sides[0])) | \(sites.names(sides[1]))"
            branches = view.parts(without: some)
            try lab.split(off: some)
        case 2:
            let child = chance.pick(places.filter { view.parent(of: $0) != nil })
            let parent = view.parent(of: child)!
            sides = [view.branch(of: child), places.filter { !view.branch(of: child).contains($0) }]
            line = "\(sites.name(child)) and its parent \(described(parent)) don't reach each other"
            try lab.silence([parent], for: child)
            try lab.silence([child], for: parent)
            // Others reach both, so the branch comes back while the cut lasts.
            beginCrossing(sides)
            _ = crowd.run(within: pause) { false }
            if let took = endCrossing(within: .zero), took < pause {
                report.silentHealings.append(took)
                line += ", its branch is back after \(shown(took))"
            }
            try lab.mend()
            report.cuts += 1
            return line + ", \(shown(pause))"
        default:
            let deaf = victim()
            let others = places.filter { $0 != deaf }
            let talkers = chance.once(in: 2) ? others : Array(others.shuffled(using: &chance).prefix(2)).sorted()
            sides = [[deaf], talkers]
            line = "\(described(deaf)) is deaf to \(sites.names(talkers))"
            try lab.silence(talkers, for: deaf)
        }
        // Otherwise clients go on as ever: whoever is timed says little ahead.
        let isTimed = branches.count > 1
        if isTimed { beginCrossing(branches) }
        _ = crowd.run(within: pause) { false }
        if isTimed, let took = endCrossing(within: .zero), took < pause {
            if sides[0].count == 1 { report.silentHealings.append(took) } else { report.partHealings.append(took) }
            line += ", the \(branches.count) branches of the others hear each other after \(shown(took))"
        }
        try lab.mend()
        beginCrossing(sides)
        report.cuts += 1
        line += ", \(shown(pause))"
        guard let took = endCrossing(within: .seconds(30)) else {
            throw Failure("\(line): the sides don't hear each other within 30 s after it")
        }
        report.mendings.append(took)
        return line + ", the sides hear each other \(shown(took)) after it"
    }
}

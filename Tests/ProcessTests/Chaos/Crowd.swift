import Foundation
import struct Tree.RandomNumbers

/// The clients of a chaos run, moved by one thread and one poll.
final class Crowd {
    let plantation: Plantation
    let ledger = Ledger()
    var chance: RandomNumbers
    private(set) var rovers: [Rover] = []
    private var residents = 0
    var isTalking = true
    /// While a healing time is taken, everybody talks often.
    var isUrgent = false
    let urgentPeriod: Duration = .milliseconds(25)
    /// Whoever waits for so many of its own messages says no more. While a time is taken, a few: the branches have them
    /// for each other when they meet, and to read thousands at once takes this program longer than the tree needs to
    /// heal.
    var longestOutbox: Int { isUrgent ? 4 : 64 }
    /// Runs while the tree is to be crossed.
    var crossing: Crossing?
    private var question: StatusQuestion?

    init(_ plantation: Plantation, _ chance: RandomNumbers) {
        self.plantation = plantation
        self.chance = chance
    }

    var present: [Rover] { rovers.filter { !$0.isGone } }

    // MARK: - Members

    func add(_ name: String, _ settings: Rover.Settings) {
        rovers.append(Rover(name, settings))
    }

    /// One client that lives and dies with the node at this place, so that every branch has somebody to hear.
    func addResident(at place: Int) {
        residents += 1
        add("\(plantation.name(place))-\(residents)", .init(home: place, period: .milliseconds(300)))
    }

    /// A rover takes one of the nodes by lot: it may be dead, stopped or cut off.
    func choosePlace(for rover: Rover) -> Int {
        if let home = rover.settings.home { return home }
        return chance.pick(Array(plantation.places))
    }

    func said(_ rover: Rover, _ number: Int, _ moment: Instant) {
        ledger.wasSaid(by: rover.name, at: moment)
        if let place = rover.place { crossing?.said(rover.name, number, at: place, moment) }
    }

    func heard(_ rover: Rover, _ talker: String, _ number: Int, _ moment: Instant) {
        if let place = rover.place { crossing?.heard(talker, number, at: place, moment) }
    }

    // MARK: - Running

    /// Lets everybody talk and listen until the condition holds. False: it doesn't within that time.
    func run(within limit: Duration, until condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Deadline(within: limit)
        while try !condition() {
            if deadline.hasPassed { return false }
            turn()
        }
        return true
    }

    func run(for duration: Duration) {
        _ = run(within: duration) { false }
    }

    private func turn() {
        let moment = now()
        for rover in rovers { rover.tick(moment, self) }
        var requests: [pollfd] = []
        var owners: [Rover] = []
        for rover in rovers {
            guard let connection = rover.connection else { continue }
            var events = Int16(POLLIN)
            if case .connecting = rover.state { events = Int16(POLLOUT) }
            requests.append(pollfd(fd: connection.number, events: events, revents: 0))
            owners.append(rover)
        }
        if let question { requests.append(question.request) }
        _ = poll(&requests, nfds_t(requests.count), 4)
        for (rover, request) in zip(owners, requests) where request.revents != 0 && rover.connection != nil {
            rover.isReady(now(), self)
        }
        if question != nil, requests.last!.revents != 0 { question!.isReady() }
    }

    // MARK: - The tree, as the nodes tell it

    /// Waits until these places, and no others, are one tree, by what one of them says.
    func waitForOneTree(of places: [Int], within limit: Duration) throws -> TreeView? {
        var found: TreeView?
        var pauseUntil = now()
        _ = run(within: limit) {
            if let asked = question {
                guard asked.hasEnded || now() > asked.until else { return false }
                question = nil
                if let answer = asked.answer, let view = TreeView(answer, plantation), view.isOneTree(of: places) {
                    found = view
                    return true
                }
                pauseUntil = now() + .milliseconds(15)
            } else if now() >= pauseUntil {
                let place = chance.pick(places)
                question = (try? plantation.connect(to: place)).map { StatusQuestion($0) }
                if question == nil { pauseUntil = now() + .milliseconds(15) }
            }
            return false
        }
        question = nil
        return found
    }

    /// Waits until everybody who is connected hears everybody who talks: what was said before has arrived by then.
    /// Returns who doesn't hear whom.
    func waitUntilAllHear(within limit: Duration) -> [String] {
        isUrgent = true
        defer { isUrgent = false }
        var marks: [String: Int] = [:]
        for rover in present where rover.settings.period != nil { marks[rover.name] = rover.spoken }
        var missing: [String] = []
        _ = run(within: limit) {
            missing = []
            for rover in present {
                guard rover.place != nil else {
                    missing.append("\(rover.name) is \(rover.state)")
                    continue
                }
                for talker in present {
                    guard let mark = marks[talker.name], rover.history.last(of: talker.name) <= mark else { continue }
                    missing.append("\(rover.name) hears \(talker.name) up to \(rover.history.last(of: talker.name))")
                }
            }
            return missing.isEmpty
        }
        return missing
    }
}

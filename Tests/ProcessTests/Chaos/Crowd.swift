import Foundation
import struct Tree.RandomNumbers

/// The clients of a chaos run, moved by one thread and one poll.
final class Crowd {
    let sites: Sites
    let ledger = Ledger()
    var chance: RandomNumbers
    private(set) var clients: [RoamingClient] = []
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

    init(_ sites: Sites, _ chance: RandomNumbers) {
        self.sites = sites
        self.chance = chance
    }

    var present: [RoamingClient] { clients.filter { !$0.isGone } }

    // MARK: - Members

    func add(_ name: String, _ settings: RoamingClient.Settings) {
        clients.append(RoamingClient(name, settings))
    }

    /// One client that lives and dies with the node at this place, so that every branch has somebody to hear.
    func addResident(at place: Int) {
        residents += 1
        add("\(sites.name(place))-\(residents)", .init(home: place, period: .milliseconds(300)))
    }

    /// A client takes one of the nodes by lot: it may be dead, stopped or cut off.
    func choosePlace(for client: RoamingClient) -> Int {
        if let home = client.settings.home { return home }
        return chance.pick(Array(sites.places))
    }

    func said(_ client: RoamingClient, _ number: Int, _ moment: Instant) {
        ledger.wasSaid(by: client.name, at: moment)
        if let place = client.place { crossing?.said(client.name, number, at: place, moment) }
    }

    func heard(_ client: RoamingClient, _ talker: String, _ number: Int, _ moment: Instant) {
        if let place = client.place { crossing?.heard(talker, number, at: place, moment) }
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
        for client in clients { client.tick(moment, self) }
        var requests: [pollfd] = []
        var owners: [RoamingClient] = []
        for client in clients {
            guard let connection = client.connection else { continue }
            var events = Int16(POLLIN)
            if case .connecting = client.state { events = Int16(POLLOUT) }
            requests.append(pollfd(fd: connection.number, events: events, revents: 0))
            owners.append(client)
        }
        if let question { requests.append(question.request) }
        _ = poll(&requests, nfds_t(requests.count), 4)
        for (client, request) in zip(owners, requests) where request.revents != 0 && client.connection != nil {
            client.isReady(now(), self)
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
                if let answer = asked.answer, let view = TreeView(answer, sites), view.isOneTree(of: places) {
                    found = view
                    return true
                }
                pauseUntil = now() + .milliseconds(15)
            } else if now() >= pauseUntil {
                let place = chance.pick(places)
                question = (try? sites.connect(to: place)).map { StatusQuestion($0) }
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
        for client in present where client.settings.period != nil { marks[client.name] = client.spoken }
        var missing: [String] = []
        _ = run(within: limit) {
            missing = []
            for client in present {
                guard client.place != nil else {
                    missing.append("\(client.name) is \(client.state)")
                    continue
                }
                for talker in present {
                    guard let mark = marks[talker.name], client.history.last(of: talker.name) <= mark else { continue }
                    missing.append("\(client.name) hears \(talker.name) up to \(client.history.last(of: talker.name))")
                }
            }
            return missing.isEmpty
        }
        return missing
    }
}

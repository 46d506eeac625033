import Foundation

/// A client as docs/protocol.md describes a good one: it speaks `since`, `session` and `cseq`, goes to another node
/// when its own is lost or doesn't answer, says again what it hasn't seen come back, and drops second copies.
///
/// Written apart from the product's client, which is under test as well. Driven by poll: one thread moves them all.
final class RoamingClient {
    enum State {
        /// Without a node until then.
        case away(until: Instant)
        /// Waits for the connection, for no longer than that. Becomes `entering`.
        case connecting(place: Int, until: Instant)
        /// Has asked to be let in.
        case entering(place: Int, until: Instant)
        case present(place: Int)
        /// Doesn't come back.
        case gone
    }

    struct Settings {
        /// Registers under its name; otherwise it is anonymous.
        var hasAccount = false
        /// Stays at this node, and is gone when the node is.
        var home: Int?
        /// The pause between two messages; nil: listens only.
        var period: Duration?
        /// For how long it waits for its own messages before it tries another node.
        var patience: Duration = .seconds(3)
    }

    let name: String
    let settings: Settings
    var state: State
    var history: History
    var connection: Descriptor?
    /// Said, and not seen come back.
    var outbox: [(number: Int, line: String)] = []
    var spoken = 0
    var nextWord: Instant?
    var vector: [String: Int] = [:]
    var session: String?
    var isRegistered = false
    /// Since when it waits for what it has said on this connection.
    var waitsSince: Instant?
    /// What nodes have complained of.
    var complaints: [String] = []

    init(_ name: String, _ settings: Settings) {
        self.name = name
        self.settings = settings
        history = History(name: name)
        state = .away(until: now())
    }

    var username: String { settings.hasAccount ? name : "anonymous" }

    var isGone: Bool { if case .gone = state { true } else { false } }

    /// Where it is logged in.
    var place: Int? { if case .present(let place) = state { place } else { nil } }

    // MARK: - Time passes

    /// What is due at this moment.
    func tick(_ moment: Instant, _ crowd: Crowd) {
        switch state {
        case .gone: return
        case .away(let until):
            if moment >= until { connect(to: crowd.choosePlace(for: self), moment, crowd) }
        case .connecting(_, let until), .entering(_, let until):
            if moment >= until { leave(crowd) }
        case .present:
            if settings.home == nil, let waitsSince, moment > waitsSince + settings.patience { leave(crowd) }
        }
        talk(moment, crowd)
    }

    private func talk(_ moment: Instant, _ crowd: Crowd) {
        guard var period = settings.period, crowd.isTalking, history.start != nil, outbox.count < crowd.longestOutbox
        else { return }
        if crowd.isUrgent { period = min(period, crowd.urgentPeriod) }
        let due = min(nextWord ?? moment, moment + period)
        guard moment >= due else { return nextWord = due }
        nextWord = moment + period
        // One that stays where it is says nothing while nobody listens.
        guard settings.home == nil || place != nil else { return }
        say(moment, crowd)
    }

    func say(_ moment: Instant, _ crowd: Crowd) {
        spoken += 1
        var activity: [String: JSONValue] = [
            "from": .string(name), "n": .integer(spoken), "text": .string(Ledger.text(name, spoken)),
        ]
        if let latest = history.latest, crowd.chance.once(in: 3) {
            activity["re"] = ["from": .string(latest.talker), "n": .integer(latest.number)]
        }
        var message: [String: JSONValue] = [
            "command": "ACTIVITY_MESSAGE", "username": .string(username), "activity": .object(activity),
            "cseq": .integer(spoken),
        ]
        if settings.hasAccount { message["secret"] = "secret" }
        outbox.append((spoken, JSONValue.object(message).line))
        crowd.said(self, spoken, moment)
        if place != nil { send(outbox.last!.line, moment, crowd) }
    }

    func send(_ line: String, _ moment: Instant, _ crowd: Crowd) {
        guard let connection else { return }
        if waitsSince == nil { waitsSince = moment }
        // A node that doesn't read is given a moment only: the others wait meanwhile.
        if connection.write((line + "\n").utf8, until: Deadline(within: .milliseconds(20))) != .done { leave(crowd) }
    }

    // MARK: - Coming and going

    func connect(to place: Int, _ moment: Instant, _ crowd: Crowd) {
        do {
            connection = try crowd.sites.connect(to: place)
            state = .connecting(place: place, until: moment + .seconds(2))
        } catch {
            leave(crowd)
        }
    }

    /// Gives up this node; another one, or the same, later.
    func leave(_ crowd: Crowd, to next: Int? = nil) {
        connection?.close()
        connection = nil
        waitsSince = nil
        if let home = settings.home, !crowd.sites.isUp(home) || history.start != nil {
            state = .gone
        } else if let next {
            connect(to: next, now(), crowd)
        } else {
            state = .away(until: now() + crowd.chance.milliseconds(0...120))
        }
    }

    /// The descriptor is ready for what it was waited for.
    func isReady(_ moment: Instant, _ crowd: Crowd) {
        if case .connecting(let place, _) = state {
            guard connection!.hasConnected else { return leave(crowd) }
            history.beganConnection()
            state = .entering(place: place, until: moment + .seconds(8))
            return enter(crowd)
        }
        while let reading = connection?.readAvailableLine() {
            guard case .line(let bytes) = reading else { return leave(crowd) }
            guard let message = try? JSONParser.parse(bytes), let command = message["command"]?.text else {
                crowd.ledger.complain(.changed, "\(name) got no JSON: \(String(decoding: bytes, as: UTF8.self))")
                return leave(crowd)
            }
            receive(command, message, moment, crowd)
        }
    }
}

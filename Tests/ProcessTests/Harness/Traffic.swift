import Foundation

/// Clients that talk and listen while a test acts on their nodes, in one thread by one poll.
///
/// Each talker counts, so every listener can tell which messages are missing, doubled or out of order. Each message
/// that was heard is kept with its time.
final class Traffic {
    struct Heard {
        let number: Int
        let at: Instant
    }

    final class Member {
        let name: String
        let client: BaseClient
        /// The pause between two messages; nil for a member that only listens.
        let period: Duration?
        fileprivate var nextDue: Instant?
        fileprivate(set) var sentAt: [Instant] = []
        /// The messages that this member has heard, by the talker's name.
        fileprivate(set) var heard: [String: [Heard]] = [:]
        /// The same messages in one sequence.
        fileprivate(set) var sequence: [String] = []
        fileprivate(set) var lateCount = 0
        fileprivate(set) var longestSilence: Duration = .zero
        private var lastHeardAt: Instant?

        fileprivate init(_ name: String, _ client: BaseClient, period: Duration?) {
            self.name = name
            self.client = client
            self.period = period
        }

        fileprivate var talks: Bool { period != nil }

        fileprivate func hears(_ number: Int, of talker: String, isLate: Bool) {
            let moment = now()
            heard[talker, default: []].append(Heard(number: number, at: moment))
            sequence.append("\(talker) \(number)")
            if isLate { lateCount += 1 }
            if let lastHeardAt { longestSilence = max(longestSilence, moment - lastHeardAt) }
            lastHeardAt = moment
        }
    }

    private(set) var members: [Member] = []
    /// Members whose node was killed. What they heard before must still be in order.
    private var departed: [Member] = []

    /// Adds a client that is logged in as anonymous. With `perSecond` 0 it only listens.
    func add(_ name: String, _ client: BaseClient, perSecond: Int = 0) {
        let period: Duration? = perSecond == 0 ? nil : .seconds(1) / perSecond
        members.append(Member(name, client, period: period))
    }

    /// To be called before a node is killed: its clients leave with it.
    func depart(_ name: String) {
        departed += members.filter { $0.name == name }
        members.removeAll { $0.name == name }
    }

    subscript(_ name: String) -> Member {
        members.first { $0.name == name }!
    }

    // MARK: - Running

    /// Talks and listens until the condition holds. Throws if it doesn't in time.
    func run(
        until story: String, talking: Bool = true, within: Duration = .seconds(20), file: StaticString = #fileID,
        line: UInt = #line, _ condition: () throws -> Bool
    ) throws {
        let deadline = Deadline(within: within)
        let start = now()
        for member in members { member.nextDue = member.talks && talking ? start : nil }
        while try !condition() {
            guard !deadline.hasPassed else {
                throw Failure("not within \(within): \(story)\n\(summary)", file: file, line: line)
            }
            try sendWhatIsDue(file, line)
            waitForSomething()
            try listen(file, line)
        }
    }

    /// Runs until every present member has heard `count` more messages of every present talker.
    func runFor(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws {
        let talkers = members.filter(\.talks)
        let goals = members.map { member in talkers.map { (member.heard[$0.name]?.count ?? 0) + count } }
        try run(until: "everybody hears \(count) more of each", file: file, line: line) {
            zip(members, goals).allSatisfy { member, goals in
                zip(talkers, goals).allSatisfy { (member.heard[$0.name]?.count ?? 0) >= $1 }
            }
        }
    }

    /// Stops talking, and runs until every present member has heard everything that the present talkers have said.
    /// Every message also comes back to its sender, since the senders' nodes live.
    func finish(within: Duration = .seconds(20), file: StaticString = #fileID, line: UInt = #line) throws {
        let talkers = members.filter(\.talks)
        try run(until: "everybody has heard everything", talking: false, within: within, file: file, line: line) {
            members.allSatisfy { member in
                talkers.allSatisfy { (member.heard[$0.name]?.count ?? 0) >= $0.sentAt.count }
            }
        }
        try check(file: file, line: line)
    }

    private func sendWhatIsDue(_ file: StaticString, _ line: UInt) throws {
        let moment = now()
        for member in members {
            guard let due = member.nextDue, due <= moment, let period = member.period else { continue }
            try member.client.say(
                ["from": .string(member.name), "n": .integer(member.sentAt.count)], file: file, line: line)
            member.sentAt.append(now())
            member.nextDue = max(due + period, moment)
        }
    }

    private func waitForSomething() {
        let next = members.compactMap(\.nextDue).min() ?? now() + .milliseconds(20)
        let pause = min(max((next - now()).milliseconds, 0), 20)
        var requests = members.map { pollfd(fd: $0.client.descriptor.number, events: Int16(POLLIN), revents: 0) }
        _ = poll(&requests, nfds_t(requests.count), Int32(pause.rounded(.up)))
    }

    private func listen(_ file: StaticString, _ line: UInt) throws {
        for member in members {
            while let message = try member.client.readAvailable(file: file, line: line) {
                guard message["command"] == "ACTIVITY_BROADCAST", let activity = message["activity"],
                    let from = activity["from"]?.text, let number = activity["n"]?.integer,
                    activity["authenticated_user"] == "anonymous"
                else { throw member.client.failure("did not expect \(message.line)", file, line) }
                member.hears(number, of: from, isLate: message["late"] == .bool(true))
            }
        }
    }

    // MARK: - Heard messages

    /// When `listener` first heard a message that `talker` had sent after `moment`.
    func firstHeard(from talker: String, at listener: String, sentAfter moment: Instant) -> Instant? {
        let sentAt = self[talker].sentAt
        return self[listener].heard[talker]?.first { sentAt[$0.number] > moment }?.at
    }

    /// Checks that every member, also a departed one, heard each talker's messages from the first on, each once, in
    /// order.
    private func check(file: StaticString, line: UInt) throws {
        for member in members + departed {
            for (talker, heard) in member.heard.sorted(by: { $0.key < $1.key }) {
                let numbers = heard.map(\.number)
                guard numbers != Array(0..<numbers.count) else { continue }
                let place = zip(numbers, 0...).first { $0 != $1 }!.1
                let around = numbers[max(0, place - 3)..<min(numbers.count, place + 4)]
                throw Failure(
                    "\(member.name) heard of \(talker) … \(around.map(String.init).joined(separator: " ")) …",
                    file: file, line: line)
            }
        }
    }

    private var summary: String {
        let talkers = members.filter(\.talks)
        let rows = members.map { member in
            let counts = talkers.map { "\($0.name) \(member.heard[$0.name]?.count ?? 0) of \($0.sentAt.count)" }
            return "    \(member.name) has heard \(counts.joined(separator: ", "))"
        }
        return rows.joined(separator: "\n")
    }
}

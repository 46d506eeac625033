import Tree
import UV

/// What becomes of clients that a server sends on, or turns away since it takes nobody now.
extension Crowd {
    func redirect(_ client: FloodClient, to address: Address) {
        counts.redirects += 1
        if client.state == .here, canResume(client) { keepPlace(of: client) }
        letGo(client)
        guard client.attempts < plan.limits.attempts + 3 else {
            return fail("\(client.target.name): too many redirects")
        }
        client.redirectedAt = Loop.monotonicNanoseconds
        send(client, to: address)
    }

    /// The server takes nobody now: the client tries another one, or the same one again, after pauses that grow.
    ///
    /// - Parameter servers: where there is room, as far as the server knows.
    func turnAway(_ client: FloodClient, _ reason: String, to servers: [Address], at now: UInt64) {
        counts.turnedAway += 1
        counts.note(reason)
        letGo(client)
        client.attempts = 0
        let (times, since) = client.turnedAway ?? (0, now)
        let patience = plan.limits.fullPatience
        guard now < since + patience.waitNanoseconds else {
            return fail(
                "\(client.target.name): \(reason), and no other server let a client in for \(patience); "
                    + "check --clients and the nodes' --max-clients")
        }
        client.turnedAway = (times + 1, since)
        let others = servers.filter { $0 != client.target.name }
        let pauses = FloodLimits.fullPauses
        let longest = min(pauses.lowerBound * (1 << min(times, 10)), pauses.upperBound).waitNanoseconds
        let pause = UInt64.random(in: longest / 2...longest, using: &random)
        wait(client, for: others.randomElement(using: &random) ?? client.target.name, until: now + pause)
    }

    private func wait(_ client: FloodClient, for next: Address, until due: UInt64) {
        pausing.append((client, next, due))
        guard self.pauses == nil else { return }
        let timer = Timer(on: loop) { [unowned self] in tryThoseWhosePauseIsOver() }
        self.pauses = timer
        timer.start(after: FloodLimits.pauseTick, repeating: FloodLimits.pauseTick)
    }

    private func tryThoseWhosePauseIsOver() {
        let now = Loop.monotonicNanoseconds
        // As at the start, no more are being connected than a listener lets wait.
        var room = plan.limits.connecting - connecting
        var due: [(client: FloodClient, next: Address)] = []
        pausing.removeAll { waiting in
            guard waiting.due <= now, room > 0 else { return false }
            room -= 1
            due.append((waiting.client, waiting.next))
            return true
        }
        for (client, next) in due where !isOver { send(client, to: next) }
        if pausing.isEmpty {
            pauses?.close()
            pauses = nil
        }
    }

    /// Whether a lost connection is made up for at another server: by listeners that were in, if the plan says so.
    func canResume(_ client: FloodClient) -> Bool {
        if client.progress != nil { return client.state != .away }
        return plan.resumes && client.state == .here && !client.isSlow && client.who.number >= plan.senders
    }

    /// Its server has gone: the client goes on at another one, where it left off.
    func resume(_ client: FloodClient, _ reason: String) {
        keepPlace(of: client)
        let nodes = plan.resumeNodes.isEmpty ? plan.nodes : plan.resumeNodes
        let others = nodes.filter { $0 != client.target.name }
        if client.progress != nil, client.state != .here {
            return turnAway(client, reason, to: others, at: Loop.monotonicNanoseconds)
        }
        letGo(client)
        client.attempts = 0
        wait(client, for: others.randomElement(using: &random) ?? client.target.name, until: Loop.monotonicNanoseconds)
    }

    /// Keeps what the client has seen, so that it goes on from there; nothing if it isn't in.
    private func keepPlace(of client: FloodClient) {
        guard let seat = client.seat else { return }
        client.progress = client.target.audience.progress(seat)
        counts.lostServer += 1
        if counts.firstLoss == 0 { counts.firstLoss = Loop.monotonicNanoseconds }
        away += 1
    }

    /// Its connection has done what it could.
    private func letGo(_ client: FloodClient) {
        if client.state == .opening || client.state == .connecting {
            connecting -= 1
        } else {
            depart(client)
            if !isComplete { expected += 1 }
        }
        client.close()
    }

    private func send(_ client: FloodClient, to address: Address) {
        if address == client.target.name { return connect(client) }
        let target = target(address)
        let moved = FloodClient(client.who, target, of: self)
        moved.attempts = client.attempts
        moved.turnedAway = client.turnedAway
        moved.redirectedAt = client.redirectedAt
        moved.progress = client.progress
        if let index = clients.firstIndex(where: { $0 === client }) { clients[index] = moved }
        if let index = sending.firstIndex(where: { $0 === client }) { sending[index] = moved }
        if target.isResolved { return connect(moved) }
        target.resolve(on: loop) { [unowned self] error in
            if let error { return fail("\(target.name): \(error.words(connectingTo: target.name.host))") }
            if !isOver { connect(moved) }
        }
    }
}

/// What happens to a crowd during a run, besides sending.
extension Crowd {
    /// Lets a client that doesn't send close its connection and connect again.
    func churnOne() {
        guard clients.count > plan.senders, !isOver else { return }
        // A drawn client may be reconnecting already, or may be a sender. Then another one is drawn.
        for _ in 0..<8 {
            let client = clients[Int.random(in: clients.indices, using: &random)]
            guard case .here = client.state, !client.isSlow, client.who.number >= plan.senders else { continue }
            depart(client)
            counts.churned += 1
            connect(client)
            return
        }
    }

    /// Makes part of the clients stop reading, or read again.
    func setSlow(_ isSlow: Bool) {
        if isSlow {
            let candidates = clients.filter { $0.who.number >= plan.senders && $0.seat != nil }
            let count = Int((Double(clients.count) * plan.slowPercent / 100).rounded())
            // The clients are spread over all, so that each node has its share.
            for index in 0..<min(count, candidates.count) {
                let client = candidates[index * candidates.count / min(count, candidates.count)]
                client.isSlow = true
                client.target.audience.setTimed(false, client.seat!)
                client.setReading(false)
                listeners -= 1
                counts.slow += 1
            }
        } else {
            for client in clients where client.isSlow { client.setReading(true) }
        }
        mustCount = true
    }

    /// How many deliveries are still to come, if each sender has sent this many messages.
    func missing(ofSent sent: [UInt32]) -> Int {
        let missing = targets.reduce(0) { $0 + $1.audience.missing(ofSent: sent) }
        guard away > 0 else { return missing }
        return clients.reduce(missing) { $0 + ($1.progress?.order.lost(ofSent: sent) ?? 0) }
    }

    var faults: Faults {
        targets.reduce(into: Faults()) { $0 += $1.audience.faults }
    }

    /// Gives the run up if a client has waited too long for its login.
    func checkPatience(at now: UInt64) {
        let limit = plan.limits.loginTimeout.waitNanoseconds
        for client in clients + sending where client.state == .opening && now > client.openedAt + limit {
            return fail("\(client.target.name): no answer to the login for \(plan.limits.loginTimeout)")
        }
    }
}

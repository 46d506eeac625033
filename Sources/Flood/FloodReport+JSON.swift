import JSON

extension FloodReport {
    /// The report for programs: one object on one line. Times are in microseconds, memory in bytes.
    public var json: [UInt8] {
        JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }

    private var members: JSONMembers {
        var members: JSONMembers = [
            "verdict": .string(verdict.rawValue), "clients": .number(plan.clients), "senders": .number(plan.senders),
            "protocol": .string(plan.kind.rawValue), "nodes": .array(plan.nodes.map { .string($0.description) }),
            "payloadBytes": .number(plan.payloadBytes), "seed": .integer(Int64(truncatingIfNeeded: plan.seed)),
        ]
        switch plan.load {
        case .rate(let rate): members["rate"] = .real(rate)
        case .window(let window): members["window"] = .number(window)
        }
        members["connectionsPerSecond"] = .real(connectionsPerSecond)
        members["loginsPerSecond"] = .real(loginsPerSecond)
        members["sent"] = .number(sent)
        members["deliveries"] = .number(deliveries)
        members["seconds"] = .real(seconds)
        members["deliveriesPerSecond"] = .real(deliveriesPerSecond)
        members["latency"] = [
            "p50": .number(latencies.percentile(50)), "p90": .number(latencies.percentile(90)),
            "p99": .number(latencies.percentile(99)), "p99.9": .number(latencies.percentile(99.9)),
            "max": .number(latencies.longestMicroseconds),
        ]
        members["faults"] = [
            "lost": .number(faults.lost), "doubled": .number(faults.doubled), "outOfOrder": .number(faults.outOfOrder),
            "corrupted": .number(faults.corrupted),
        ]
        members["redirects"] = .number(counts.redirects)
        members["turned_away"] = .number(counts.turnedAway)
        members["reconnections"] = .number(counts.churned)
        members["closedByServer"] = .number(counts.closed)
        members["lostServer"] = .number(counts.lostServer)
        members["returned"] = .number(counts.returned)
        members["returnMicroseconds"] = .number(returnMicroseconds)
        members["slow"] = .number(counts.slow)
        members["slowClosed"] = .number(counts.slowClosed)
        members["foreign"] = .number(foreign)
        members["workerCPUMicroseconds"] = .number(workerMicroseconds)
        if let server { members["server"] = json(of: server) }
        members["intervals"] = .array(intervals.map(json))
        members["interrupted"] = .bool(wasInterrupted)
        return members
    }

    private func json(of server: Server) -> JSONValue {
        var members: JSONMembers = [
            "residentBefore": .number(server.residentBefore), "residentLoggedIn": .number(server.residentLoggedIn),
            "residentMost": .number(server.residentMost), "residentAfter": .number(server.residentAfter),
            "cpuMicroseconds": .number(server.cpuMicroseconds),
            "loginCPUMicroseconds": .number(server.loginMicroseconds),
        ]
        members["bytesPerConnection"] = bytesPerConnection.map { .number($0) }
        members["deliveriesPerCPUSecond"] = deliveriesPerServerSecond.map { .real($0) }
        members["loginsPerCPUSecond"] = loginsPerServerSecond.map { .real($0) }
        return .object(members)
    }

    private func json(of interval: Interval) -> JSONValue {
        [
            "second": .real(interval.second), "deliveries": .number(interval.deliveries),
            "sent": .number(interval.sent),
            "clients": .number(interval.here), "p50": .number(interval.median), "p99": .number(interval.ninetyNinth),
            "max": .number(interval.longest), "resident": .number(interval.resident),
        ]
    }
}

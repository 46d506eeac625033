import Foundation

/// Three clocks that have an etcd of three members in common, and somebody who asks them all the time.
final class SharedClocks {
    /// A leader that has died is followed within so long, as `docs/operations.md` says. A lease takes 2 s, etcd ends it
    /// at most half a second later, and standbys look every 200 ms.
    static let promisedGap = Duration.seconds(3)

    let etcd: EtcdCluster
    let hunter: StampHunter
    let bench: Bench
    private(set) var clocks: [Program] = []
    let ports: [Int]

    init(_ bench: Bench) throws {
        self.bench = bench
        etcd = try EtcdCluster(bench)
        ports = try (0..<3).map { _ in try Sockets.freePort() }
        hunter = StampHunter(ports)
        for index in 0..<3 { clocks.append(try start(index)) }
        try hunter.huntUntilAnswered(within: .seconds(15))
    }

    private func start(_ index: Int) throws -> Program {
        let clock = try bench.program(
            "clock-\(index)", ["clock", "--plain-links", "-lp", String(ports[index]), "--etcd", etcd.urls])
        _ = try Node.port(of: clock)
        return clock
    }

    /// Where the clock that answers stands.
    var leader: Int { ports.firstIndex(of: hunter.leader)! }

    func restart(_ index: Int) throws {
        if !clocks[index].isRunning { try bench.forget(clocks[index]) }
        clocks[index] = try start(index)
    }

    /// Kills the leader without a word.
    func killLeader(mayTake limit: Duration = promisedGap) throws {
        let old = leader
        hunter.longestGap = .zero
        clocks[old].killHard()
        try expectProgress("kill -9 of the leader", limit)
        guard leader != old else { throw Failure("the dead clock \(old) answers") }
        try restart(old)
    }

    /// Lets the leader end in order.
    func endLeader(mayTake limit: Duration = .seconds(1)) throws {
        let old = leader
        hunter.longestGap = .zero
        clocks[old].signal(SIGTERM)
        try expectProgress("SIGTERM to the leader", limit)
        guard try clocks[old].waitForEnd(within: .seconds(5)) == .exited(0) else {
            throw Failure("SIGTERM ended clock \(old) with \(clocks[old].ending!)")
        }
        try restart(old)
    }

    /// Stops the leader while somebody's question is on its way to it, and lets it go on: it may hand out nothing.
    func stopLeader(for time: Duration, mayTake limit: Duration = promisedGap) throws {
        let old = leader
        let waiting = BaseClient(try Sockets.connect(port: ports[old]), name: "who asks the stopped leader")
        defer { waiting.close() }
        hunter.longestGap = .zero
        clocks[old].signal(SIGSTOP)
        defer { clocks[old].signal(SIGCONT) }
        try waiting.send(#"{"command":"GET_TIME","count":3}"#)
        try expectProgress("SIGSTOP of the leader", limit)
        try hunter.hunt(for: time)
        guard leader != old else { throw Failure("the stopped clock \(old) answers") }
        clocks[old].signal(SIGCONT)
        let answer = try waiting.read()
        guard answer["command"] == "CLOCK_STANDBY" else {
            throw Failure("the old leader, when it went on, said \(answer.line)")
        }
        // Whoever asks it now is told where to go.
        try eventually("the old leader names the new one") {
            let client = BaseClient(try Sockets.connect(port: ports[old]), name: "who asks the old leader")
            defer { client.close() }
            try client.send(#"{"command":"GET_TIME","count":3}"#)
            return try client.read()["port"]?.lenientInteger == hunter.leader
        }
    }

    /// Kills the member of etcd that leads the others, and starts it again later.
    func killEtcdLeader(mayTake limit: Duration = promisedGap) throws {
        guard let member = etcd.leader else { throw Failure("etcd has no leader") }
        hunter.longestGap = .zero
        etcd.kill(member)
        try hunter.hunt(for: .seconds(4))
        try expectProgress("kill -9 of etcd's leader", limit)
        try etcd.restart(member)
        try eventually("etcd has a leader", within: .seconds(30)) { etcd.leader != nil }
    }

    private func expectProgress(_ fault: String, _ limit: Duration) throws {
        try hunter.huntUntilAnswered(within: .seconds(30))
        let gap = Int(hunter.longestGap.milliseconds)
        print("    \(fault): \(gap) ms without stamps")
        guard hunter.longestGap <= limit else { throw Failure("\(fault): \(gap) ms without stamps") }
    }

    func end() {
        hunter.close()
        etcd.end()
    }
}

import TLS
import Tree
import UV

/// The clients of one worker: those still to connect, those logged in and those gone, and what they send.
///
/// A crowd knows nothing of other workers. It reports to its worker by a few callbacks.
final class Crowd {
    /// What a crowd reports to its worker.
    enum Happening {
        /// All clients are logged in.
        case complete
        /// A client can't get in, so the run can't be the one that was asked for.
        case hopeless(String)
    }

    let plan: FloodPlan
    let payloads: Payloads
    let loop: Loop
    let meter = Meter()
    var counts = CrowdCounts()
    let pieceBytes: Int
    /// Nil for connections in clear.
    let tls: TLSContext?
    private let happened: (Happening) -> Void
    private let workers: Int
    var targets: [Target] = []
    var clients: [FloodClient] = []
    /// The connections that send, by the sender's number. They are the clients themselves, unless the protocol needs
    /// connections of their own for sending.
    var sending: [FloodClient] = []
    private var waiting: ArraySlice<FloodClient> = []
    var connecting = 0
    var expected = 0
    /// Clients that have lost their server, and aren't in at another one yet.
    var away = 0
    /// Those who were turned away or have lost their server, with the server that they try next, and when.
    var pausing: [(client: FloodClient, next: Address, due: UInt64)] = []
    var pauses: Timer?
    private var ramp: Timer?
    private var rampBegan: UInt64 = 0
    private var begun = 0
    private(set) var isComplete = false
    private(set) var isOver = false
    var random: RandomNumbers
    /// How many clients are read from. Each message is owed to all of these.
    var listeners = 0
    // Counts of sent messages: see `Crowd+Sending`.
    var sent: [UInt32]
    var sentTotal = 0
    var settledBefore = 0
    var owed = 0
    /// A client came or went, so the deliveries under way have to be counted anew.
    var mustCount = false
    var sendingState = SendingState.notYet
    var reads = 0
    var output: [UInt8] = []
    var envelopes: [(before: [UInt8], after: [UInt8])] = []

    init(_ plan: FloodPlan, worker: Int, on loop: Loop, happened: @escaping (Happening) -> Void) {
        self.plan = plan
        payloads = plan.payloads
        // The leading program has made the same context before.
        tls = plan.trust.map { try! TLSContext(connecting: $0) }
        self.loop = loop
        self.happened = happened
        workers = plan.workers
        pieceBytes = max(1024, plan.payloadBytes + 512)
        random = RandomNumbers(seed: plan.seed &+ UInt64(worker) &* 7919)
        sent = Array(repeating: 0, count: plan.senders)
        for number in plan.members(ofWorker: worker) {
            let isSender = number < plan.senders
            let senderNodes = plan.senderNodes.isEmpty ? plan.nodes : plan.senderNodes
            let dialect = plan.dialect
            let nodes = isSender && !dialect.sendsApart ? senderNodes : plan.nodes
            let client = FloodClient(member(number), target(nodes[number % nodes.count]), of: self)
            clients.append(client)
            guard isSender else { continue }
            if dialect.sendsApart {
                var who = member(number)
                who.onlySends = true
                sending.append(FloodClient(who, target(senderNodes[number % senderNodes.count]), of: self))
            } else {
                sending.append(client)
            }
            envelopes.append(dialect.envelope(of: client.who))
        }
        waiting = (sending.filter { $0.who.onlySends } + clients)[...]
        expected = waiting.count
    }

    private func member(_ number: Int) -> Member {
        guard plan.registers else { return Member(number: number) }
        let run = String(plan.run, radix: 16)
        return Member(number: number, name: "flood-\(run)-\(number)", secret: "secret-\(run)-\(number)")
    }

    func target(_ name: Address) -> Target {
        if let known = targets.first(where: { $0.name == name }) { return known }
        let audience = Audience(
            payloads, plan.dialect, senders: plan.senders, meter: meter, keepsProgress: plan.resumes)
        let target = Target(name, audience)
        targets.append(target)
        return target
    }

    // MARK: Logging in

    func assemble() {
        var left = targets.count
        for target in targets {
            target.resolve(on: loop) { [unowned self] error in
                if let error { return fail("\(target.name): \(error.words(connectingTo: target.name.host))") }
                left -= 1
                if left == 0 { beginRamp() }
            }
        }
    }

    private func beginRamp() {
        guard !isOver else { return }
        rampBegan = Loop.monotonicNanoseconds
        counts.firstAttempt = rampBegan
        let timer = Timer(on: loop) { [unowned self] in admit() }
        ramp = timer
        timer.start(after: .zero, repeating: FloodLimits.rampTick)
        admit()
    }

    /// Begins as many connections as the ramp and the limit of open attempts allow.
    private func admit() {
        guard !isOver else { return }
        var allowed = plan.limits.connecting - connecting
        if let perSecond = plan.ramp {
            let elapsed = Double(Loop.monotonicNanoseconds - rampBegan) / 1e9
            allowed = min(allowed, Int(elapsed * perSecond / Double(workers)) - begun)
        }
        while allowed > 0, let client = waiting.popFirst() {
            allowed -= 1
            begun += 1
            connect(client)
        }
        if waiting.isEmpty {
            ramp?.close()
            ramp = nil
        }
    }

    func connect(_ client: FloodClient) {
        connecting += 1
        client.attempts += 1
        client.connect(on: loop, from: sourceAddress(of: client), timeout: plan.limits.connectTimeout)
    }

    /// The address to connect from. One source address doesn't have enough ports for all clients, so connections to
    /// this machine also come from 127.0.0.2 and so on.
    private func sourceAddress(of client: FloodClient) -> SocketAddress? {
        guard client.target.addresses.allSatisfy(\.isLoopback) else { return nil }
        let source = client.who.number / plan.limits.clientsPerSource
        return source == 0 ? nil : SocketAddress(numeric: "127.0.\(source / 250).\(source % 250 + 1)", port: 0)
    }

    func didConnect(_ client: FloodClient) {
        if let stream = client.stream { client.target.isReached(by: stream) }
        counts.connected += 1
        counts.lastConnection = Loop.monotonicNanoseconds
    }

    func didHear(_ word: Word, _ client: FloodClient, at now: UInt64) {
        switch word {
        case .noted: break
        case .answer(let bytes): client.write(bytes)
        case .loggedIn(let seen, let pass):
            guard client.state == .opening else { return }
            client.mayResume(by: pass)
            welcome(client, seen: seen, at: now)
        case .redirected(let host, let port): redirect(client, to: Address(host: host, port: port))
        case .turnedAway(let reason, let servers): turnAway(client, reason, to: servers, at: now)
        case .refused(let reason): didFail(client, reason)
        }
    }

    private func welcome(_ client: FloodClient, seen: [String: UInt64]?, at now: UInt64) {
        connecting -= 1
        client.isLoggedIn()
        client.attempts = 0
        client.turnedAway = nil
        counts.loggedIn += 1
        counts.lastLogin = now
        if !client.who.onlySends {
            if let progress = client.progress {
                client.progress = nil
                client.seat = client.target.audience.join(progress, at: now)
                client.sentBefore = sentTotal - progress.order.lost(ofSent: sent)
                counts.returned += 1
                counts.lastReturn = now
                away -= 1
            } else {
                client.seat = client.target.audience.join(at: sendingState == .notYet ? nil : now, seen: seen)
                client.sentBefore = sentTotal
            }
            listeners += 1
            counts.here += 1
        }
        if !isComplete {
            expected -= 1
            if expected == 0 {
                isComplete = true
                happened(.complete)
            }
        }
        if sendingState == .notYet, !waiting.isEmpty, plan.ramp == nil { admit() }
    }

    // MARK: Leaving

    /// To be called when a connection could not be made, or was lost, or its server sent nonsense.
    func didFail(_ client: FloodClient, _ reason: String) {
        guard !isOver else { return }
        if canResume(client) { return resume(client, reason) }
        switch client.state {
        case .away: break
        case .connecting, .opening:
            connecting -= 1
            client.close()
            let canRetry = client.attempts < plan.limits.attempts
            if canRetry { connect(client) } else { fail("\(client.target.name): \(reason); check --nodes") }
        case .here:
            if client.isSlow {
                counts.slowClosed += 1
            } else {
                counts.closed += 1
                counts.note(reason)
            }
            depart(client)
        }
    }

    func depart(_ client: FloodClient) {
        if let seat = client.seat {
            if !client.isSlow { listeners -= 1 }
            counts.here -= 1
            client.target.audience.leave(seat)
            client.seat = nil
        }
        client.close()
        mustCount = true
    }

    func fail(_ reason: String) {
        guard !isOver else { return }
        happened(.hopeless(reason))
    }

    func close() {
        isOver = true
        ramp?.close()
        ramp = nil
        pauses?.close()
        pauses = nil
        for client in clients { client.close(isEnd: true) }
        for client in sending { client.close(isEnd: true) }
    }
}

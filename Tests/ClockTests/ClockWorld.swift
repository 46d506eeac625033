import Tree

@testable import Clock

/// Three clocks, an etcd and some askers in virtual time, with every kind of fault between them. One seed is one
/// history.
///
/// Each batch is checked when it is handed out. No stamp of it was handed out before. It lies below a bound that etcd
/// has stored. As long as the monotonic clocks are right, it lies above everything that had been handed out to anybody
/// before it was asked for, and no clock hands out anything after a later leader has.
struct ClockWorld {
    enum Faults {
        /// Crashes, stops, lost and late messages, cuts, outages of etcd, wall clocks that jump.
        case all
        /// As `all`, and machines that are frozen for longer than a lease, which their monotonic clocks don't count.
        case frozenMachines
    }

    private enum Happening {
        case wake(clock: Int, life: Int, turn: Int)
        case asked(clock: Int, asker: Int)
        case reachesEtcd(clock: Int, life: Int, RequestID, EtcdRequest)
        case answered(clock: Int, life: Int, RequestID, EtcdAnswer)
        case timedOut(clock: Int, life: Int, RequestID)
        case asks(asker: Int)
        /// A clock continues after a stop in the middle of a turn, with these effects.
        case goesOn(clock: Int, life: Int, [Contender.Effect])
        case restarts(clock: Int)
        case leasesExpire
        case fault
    }

    private struct Machine {
        var contender: Contender
        var life = 0
        var turn = 0
        var isUp = true
        /// Until then the process is stopped. Its events wait.
        var stoppedUntil: UInt64 = 0
        var cutUntil: UInt64 = 0
        var cutFrom: UInt64 = 0
        /// Which direction is cut: requests, answers, or both.
        var cut = 0
        /// Until then answers take long.
        var slowUntil: UInt64 = 0
        /// The machine's monotonic clock shows `world * rate - lost`.
        var rate: Double
        var lost: UInt64 = 0
        /// The wall clock's difference from the world's time, in milliseconds.
        var wallOffset: Int64
        /// Questions to etcd that have no answer yet.
        var open: Set<UInt64> = []
    }

    private struct Asker {
        var seen = Stamp.zero
        /// When the question under way was asked.
        var asked: UInt64 = 0
        var target = 0
    }

    private static let second: UInt64 = 1_000_000_000
    private static let noon: UInt64 = 1_800_000_000_000

    private let faults: Faults
    private let mutation: ContenderMutation?
    private var random: RandomNumbers
    private var now: UInt64 = 0
    private var queue: [(at: UInt64, happening: Happening)] = []
    private var machines: [Machine] = []
    private var askers = [Asker](repeating: Asker(), count: 5)
    private var etcd = SimulatedEtcd()
    private var etcdDownUntil: UInt64 = 0
    private var endOfFaults: UInt64 = 0
    private var lives = 0

    // MARK: Checks

    private var handedOut: [StampBatch] = []
    /// The greatest stamp that had been handed out at each moment, in the order of the moments.
    private var frontier: [(at: UInt64, end: Stamp)] = [(0, .zero)]
    private(set) var violations: [String] = []
    private(set) var answers = 0
    private var latestEpoch: UInt64 = 0
    private var lastAnswer: UInt64 = 0
    var reigns: Int { etcd.reigns.count }

    init(seed: UInt64, faults: Faults = .all, mutation: ContenderMutation? = nil) {
        self.faults = faults
        self.mutation = mutation
        random = RandomNumbers(seed: seed)
        for index in 0..<3 {
            lives += 1
            let rate = Double.random(in: 0.97...1.03, using: &random)
            let offset = Int64.random(in: -5000...5000, using: &random)
            machines.append(
                Machine(contender: Self.contender(0, 0, lives, mutation), life: lives, rate: rate, wallOffset: offset))
            machines[index].contender = Self.contender(
                monotonic(index), wall(index), lives, mutation)
        }
    }

    private static func contender(
        _ monotonic: UInt64, _ wall: UInt64, _ life: Int, _ mutation: ContenderMutation?
    ) -> Contender {
        Contender(
            ClockID("life \(life)"), at: Moment(instant: Instant(nanoseconds: monotonic), wallMilliseconds: wall),
            randomSeed: UInt64(life), limits: ClockLimits(), mutation: mutation)
    }

    // MARK: Time

    private func monotonic(_ clock: Int) -> UInt64 {
        // The count begins long ago, so that `lost` never makes it negative.
        1_000_000 * Self.second + UInt64(Double(now) * machines[clock].rate) - machines[clock].lost
    }

    private func wall(_ clock: Int) -> UInt64 {
        UInt64(Int64(Self.noon + now / 1_000_000) + machines[clock].wallOffset)
    }

    private func moment(_ clock: Int) -> Moment {
        Moment(instant: Instant(nanoseconds: monotonic(clock)), wallMilliseconds: wall(clock))
    }

    private mutating func later(_ wait: UInt64, _ happening: Happening) {
        let at = now + wait
        // Behind events that are due at the same time.
        let index = (queue.lastIndex { $0.at <= at } ?? -1) + 1
        queue.insert((at, happening), at: index)
    }

    private mutating func milliseconds(_ range: ClosedRange<Double>) -> UInt64 {
        UInt64(Double.random(in: range, using: &random) * 1_000_000)
    }

    private mutating func happens(_ percent: Double) -> Bool {
        Double.random(in: 0..<100, using: &random) < percent
    }

    // MARK: Running

    /// Faults for 40 s, then 10 s without faults, at the end of which stamps have to be handed out.
    mutating func run() {
        endOfFaults = 40 * Self.second
        let end = 50 * Self.second
        for clock in machines.indices {
            later(milliseconds(0...100), .wake(clock: clock, life: machines[clock].life, turn: 0))
        }
        for asker in askers.indices { later(milliseconds(0...200), .asks(asker: asker)) }
        later(milliseconds(1000...3000), .fault)
        later(Self.second / 2, .leasesExpire)
        while let next = queue.first, next.at <= end, violations.isEmpty {
            queue.removeFirst()
            now = next.at
            take(next.happening)
        }
        if violations.isEmpty, now - min(now, lastAnswer) > Self.second {
            violations.append("no stamps: the last answer came at \(lastAnswer), the end is \(end)")
        }
    }

    private mutating func take(_ happening: Happening) {
        switch happening {
        case .wake(let clock, let life, let turn):
            guard machines[clock].life == life, machines[clock].turn == turn else { return }
            handle(.due, clock, or: happening)
        case .asked(let clock, let asker):
            guard machines[clock].isUp else { return }
            let seen = askers[asker].seen
            let count = Int.random(in: 1...2000, using: &random)
            handle(
                .asked(ConnectionID(UInt64(asker)), count: count, seen: seen == .zero ? nil : seen), clock,
                or: happening)
        case .reachesEtcd(let clock, let life, let id, let request): execute(clock, life, id, request)
        case .answered(let clock, let life, let id, let answer):
            guard machines[clock].life == life else { return }
            guard machines[clock].open.contains(id.value) else { return }
            handle(.answered(id, answer), clock, or: happening) { $0.open.remove(id.value) }
        case .timedOut(let clock, let life, let id):
            guard machines[clock].life == life, machines[clock].open.contains(id.value) else { return }
            handle(.unanswered(id), clock, or: happening) { $0.open.remove(id.value) }
        case .asks(let asker): ask(asker)
        case .goesOn(let clock, let life, let effects):
            guard machines[clock].life == life, machines[clock].isUp else { return }
            for effect in effects { perform(effect, clock) }
        case .restarts(let clock): restart(clock)
        case .leasesExpire:
            if now >= etcdDownUntil { etcd.expire(at: now) }
            later(milliseconds(50...500), .leasesExpire)
        case .fault: breakSomething()
        }
    }

    /// Lets a clock handle an event. If the clock is stopped, the event waits.
    private mutating func handle(
        _ event: Contender.Event, _ clock: Int, or happening: Happening, _ taken: (inout Machine) -> Void = { _ in }
    ) {
        guard machines[clock].isUp else { return }
        if machines[clock].stoppedUntil > now {
            return later(machines[clock].stoppedUntil - now + milliseconds(0...1), happening)
        }
        taken(&machines[clock])
        var effects: [Contender.Effect] = []
        machines[clock].contender.handle(event, at: moment(clock), into: &effects)
        // The process may be stopped here: everything is decided and nothing is done.
        if now < endOfFaults, !effects.isEmpty, happens(0.2) { stop(clock) }
        let life = machines[clock].life
        if machines[clock].stoppedUntil > now {
            later(machines[clock].stoppedUntil - now, .goesOn(clock: clock, life: life, effects))
        } else {
            for effect in effects { perform(effect, clock) }
        }
        machines[clock].turn += 1
        guard let deadline = machines[clock].contender.nextDeadline else { return }
        let left = Double(deadline.nanoseconds) - Double(monotonic(clock))
        let wait = UInt64(max(0, left) / machines[clock].rate) + 1000
        later(wait, .wake(clock: clock, life: life, turn: machines[clock].turn))
    }

    private mutating func perform(_ effect: Contender.Effect, _ clock: Int) {
        let life = machines[clock].life
        switch effect {
        case .request(let id, let request):
            machines[clock].open.insert(id.value)
            later(Self.second, .timedOut(clock: clock, life: life, id))
            let isCut = isCut(clock) && machines[clock].cut != 1
            if isCut || now < endOfFaults && happens(1) { return }
            let wait = now < endOfFaults && happens(1) ? milliseconds(0...6000) : milliseconds(0.2...3)
            later(wait, .reachesEtcd(clock: clock, life: life, id, request))
        case .answer(let asker, let batch, let epoch, let before):
            // The shell checks its clock again when it sends.
            if monotonic(clock) < before.nanoseconds { handOut(batch, epoch, to: Int(asker.value)) }
        case .refuse(let asker, _): askAgain(Int(asker.value))
        case .sendAway(let asker, _): askAgain(Int(asker.value))
        case .sendEverybodyAway, .report, .ended: break
        }
    }

    // MARK: etcd

    private mutating func execute(_ clock: Int, _ life: Int, _ id: RequestID, _ request: EtcdRequest) {
        if now < etcdDownUntil { return }
        let answer = etcd.execute(
            request, of: ClockID("life \(life)"), at: now, ignoringGuards: mutation == .unguardedBound)
        let isCut = isCut(clock) && machines[clock].cut != 0
        if isCut || now < endOfFaults && happens(1) { return }
        let isSlow = machines[clock].slowUntil > now
        let wait =
            isSlow
            ? milliseconds(500...990) : now < endOfFaults && happens(2) ? milliseconds(0...1200) : milliseconds(0.2...3)
        later(wait, .answered(clock: clock, life: life, id, answer))
    }

    private func isCut(_ clock: Int) -> Bool {
        machines[clock].cutFrom <= now && now < machines[clock].cutUntil
    }

    // MARK: Askers

    private mutating func ask(_ asker: Int) {
        // An asker has one question under way, and asks again after a quarter of a second without an answer.
        askers[asker].asked = now
        later(milliseconds(0.1...2), .asked(clock: askers[asker].target, asker: asker))
        later(Self.second / 4, .asks(asker: asker))
        if happens(10) { askers[asker].target = Int.random(in: 0..<3, using: &random) }
    }

    private mutating func askAgain(_ asker: Int) {
        askers[asker].target = (askers[asker].target + 1) % 3
    }

    private mutating func handOut(_ batch: StampBatch, _ epoch: UInt64, to asker: Int) {
        answers += 1
        lastAnswer = now
        let index = (handedOut.lastIndex { $0.first < batch.first } ?? -1) + 1
        if index > 0, handedOut[index - 1].end > batch.first { note("\(batch) begins in \(handedOut[index - 1])") }
        if index < handedOut.count, handedOut[index].first < batch.end { note("\(batch) reaches \(handedOut[index])") }
        handedOut.insert(batch, at: index)
        if batch.end > etcd.highest { note("\(batch) lies above every bound that was stored, \(etcd.highest)") }
        if case .all = faults {
            let before = frontier.last { $0.at < askers[asker].asked }!
            if batch.first < before.end { note("\(batch) came after stamps up to \(before.end)") }
            if epoch < latestEpoch { note("\(batch) of reign \(epoch) came after reign \(latestEpoch) had begun") }
            latestEpoch = max(latestEpoch, epoch)
            frontier.append((now, max(frontier.last!.end, batch.end)))
        }
        // The asker takes the answer if the batch is new to it. A later answer to an earlier question would be dropped
        // with its connection.
        askers[asker].seen = max(askers[asker].seen, Stamp(batch.end.value - 1))
    }

    private mutating func note(_ violation: String) {
        violations.append("at \(Double(now) / 1e9) s: \(violation)")
    }

    // MARK: Faults

    private mutating func breakSomething() {
        guard now < endOfFaults else { return }
        later(milliseconds(200...4000), .fault)
        // Faults hit the leader more often than the others.
        let leading = machines.indices.filter { machines[$0].contender.isServing }
        let clock =
            leading.isEmpty || happens(30)
            ? Int.random(in: 0..<3, using: &random) : leading.randomElement(using: &random)!
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20:
            guard machines[clock].isUp else { return }
            machines[clock].isUp = false
            later(milliseconds(100...5000), .restarts(clock: clock))
        case 20..<50: stop(clock)
        case 50..<70:
            machines[clock].cutFrom = now
            if happens(60) {
                machines[clock].cutFrom += milliseconds(300...2000)
                machines[clock].slowUntil = machines[clock].cutFrom
            }
            machines[clock].cutUntil = machines[clock].cutFrom + milliseconds(100...6000)
            machines[clock].cut = Int.random(in: 0..<3, using: &random)
        case 70..<80:
            etcdDownUntil = now + milliseconds(100...3000)
            etcd.changeLeader(at: etcdDownUntil)
        case 80..<90: machines[clock].wallOffset += Int64.random(in: -100_000...100_000, using: &random)
        default:
            guard machines[clock].isUp else { return }
            handle(.endRequested, clock, or: .fault)
            machines[clock].isUp = false
            later(milliseconds(100...5000), .restarts(clock: clock))
        }
    }

    private mutating func stop(_ clock: Int) {
        let length = milliseconds(10...8000)
        machines[clock].stoppedUntil = max(machines[clock].stoppedUntil, now + length)
        // The time is taken off at the beginning, since only the clock's reading after the stop counts.
        if case .frozenMachines = faults, happens(50) { machines[clock].lost += length }
    }

    private mutating func restart(_ clock: Int) {
        lives += 1
        machines[clock].contender = Self.contender(monotonic(clock), wall(clock), lives, mutation)
        machines[clock].life = lives
        machines[clock].turn = 0
        machines[clock].isUp = true
        machines[clock].stoppedUntil = 0
        machines[clock].open = []
        later(0, .wake(clock: clock, life: lives, turn: 0))
    }
}

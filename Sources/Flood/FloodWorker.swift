import UV

/// One of the processes of a run: its crowd, its loop, and the lines that it exchanges with the leading program. It
/// ends when its standard input ends.
public final class FloodWorker {
    private let plan: FloodPlan
    private let loop: Loop
    private var crowd: Crowd!
    private var orders: LineReader?
    private var hook: TurnHook?
    private var busyLoop: BusyLoop?
    private var due: Timer?
    private var report: Timer?
    private var churn: Timer?
    private var slowEnd: Timer?
    private var arrival: Timer?
    private var signals: [SignalWatcher] = []
    private var reportedSent = 0
    private var reportedDeliveries = 0
    private var lastDelivery: UInt64 = 0
    private var churnBegan: UInt64 = 0
    private var isRunning = false

    /// Runs to its end.
    ///
    /// - Returns: the exit status.
    public static func run(_ plan: FloodPlan, worker number: Int) -> Int32 {
        let loop: Loop
        do { loop = try Loop() } catch {
            StandardError.write("no event loop: \(error)\n")
            return 2
        }
        Descriptors.raiseLimit()
        let worker = FloodWorker(plan, number, on: loop)
        loop.run()
        loop.close()
        withExtendedLifetime(worker) {}
        return 0
    }

    private init(_ plan: FloodPlan, _ number: Int, on loop: Loop) {
        self.plan = plan
        self.loop = loop
        crowd = Crowd(plan, worker: number, on: loop) { [unowned self] happening in
            switch happening {
            case .complete: say(.ready(crowd.counts))
            case .hopeless(let reason):
                say(.failed(reason))
                end()
            }
        }
        // A terminal or a supervisor sends these signals to every process of the group. Only the leading program
        // decides what they mean.
        let shared = [SignalWatcher.interrupt, SignalWatcher.terminate, SignalWatcher.hangUp]
        signals = shared.map { SignalWatcher(on: loop, signal: $0) {} }
        orders = LineReader(on: loop) { [unowned self] line in
            if let order = WorkerOrder(line: line) { obey(order) }
        } ended: { [unowned self] _ in
            end()
        }
        busyLoop = BusyLoop(on: loop)
        due = Timer(on: loop) { [unowned self] in busyLoop?.start() }
        hook = TurnHook(on: loop, kind: .afterPolling) { [unowned self] in turn() }
        let report = Timer(on: loop) { [unowned self] in tell() }
        self.report = report
        report.start(after: plan.limits.interval, repeating: plan.limits.interval)
        crowd.assemble()
    }

    private func say(_ message: WorkerMessage) {
        // The leading program has gone, since nobody reads any more.
        if !StandardOutput.write(message.line) { end() }
    }

    // MARK: Orders

    private func obey(_ order: WorkerOrder) {
        switch order {
        case .go: go()
        case .stop:
            crowd.stopSending()
            churn?.close()
            churn = nil
            if plan.slowPercent > 0 { crowd.setSlow(false) }
            say(.stopped(sent: crowd.sent))
        case .expect(let sent): waitForArrival(of: sent)
        }
    }

    private func go() {
        isRunning = true
        let now = Loop.monotonicNanoseconds
        if plan.slowPercent > 0 {
            crowd.setSlow(true)
            let timer = Timer(on: loop) { [unowned self] in crowd.setSlow(false) }
            slowEnd = timer
            timer.start(after: plan.slowTime)
        }
        if plan.churn > 0 {
            churnBegan = now
            let timer = Timer(on: loop) { [unowned self] in churnWhatIsDue() }
            churn = timer
            timer.start(after: FloodLimits.churnTick, repeating: FloodLimits.churnTick)
        }
        crowd.beginSending(at: now)
    }

    private func churnWhatIsDue() {
        let elapsed = Double(Loop.monotonicNanoseconds - churnBegan) / 1e9
        let due = Int(elapsed * plan.churn / Double(plan.workers)) - crowd.counts.churned
        for _ in 0..<max(0, min(due, 256)) { crowd.churnOne() }
    }

    /// Waits until all deliveries have come, or until none has come for `FloodPlan.patience`.
    private func waitForArrival(of sent: [UInt32]) {
        var seen = crowd.meter.total
        var since = Loop.monotonicNanoseconds
        let patience = plan.patience.waitNanoseconds
        let timer = Timer(on: loop) { [unowned self] in
            let now = Loop.monotonicNanoseconds
            if crowd.meter.total != seen {
                seen = crowd.meter.total
                since = now
            }
            let missing = crowd.missing(ofSent: sent)
            if missing == 0 && crowd.away == 0 || now - since > patience {
                finish(lost: missing)
            }
        }
        arrival = timer
        timer.start(after: .zero, repeating: FloodLimits.arrivalTick)
    }

    private func finish(lost: Int) {
        arrival?.close()
        arrival = nil
        tell()
        report?.stop()
        var result = WorkerResult(
            faults: crowd.faults, counts: crowd.counts, foreign: crowd.meter.foreign, lastDelivery: Int(lastDelivery))
        result.faults.lost += lost
        result.cpuMicroseconds = ProcessUsage.ownCPUMicroseconds
        say(.done(result))
    }

    // MARK: Turns

    private func turn() {
        let now = Loop.monotonicNanoseconds
        if crowd.meter.total != reportedDeliveries {
            reportedDeliveries = crowd.meter.total
            lastDelivery = now
        }
        guard isRunning else { return }
        guard let wait = crowd.sendWhatIsDue(at: now) else {
            busyLoop?.stop()
            return
        }
        // Timers count milliseconds. The last ones are spent in a busy loop, so that messages go out on time.
        if wait < 2_000_000 {
            busyLoop?.start()
        } else {
            busyLoop?.stop()
            due?.start(after: .nanoseconds(Int64(wait) - 1_500_000))
        }
    }

    private func tell() {
        crowd.checkPatience(at: Loop.monotonicNanoseconds)
        guard orders != nil else { return }
        let meter = crowd.meter
        say(
            .interval(
                WorkerInterval(
                    deliveries: meter.deliveries, sent: crowd.sentTotal - reportedSent, here: crowd.counts.here,
                    latencies: meter.latencies.recorded)))
        meter.beginInterval()
        reportedSent = crowd.sentTotal
    }

    private func end() {
        guard let orders else { return }
        self.orders = nil
        orders.close()
        crowd.close()
        hook?.close()
        busyLoop?.close()
        for timer in [due, report, churn, slowEnd, arrival] { timer?.close() }
        signals.forEach { $0.close() }
    }
}

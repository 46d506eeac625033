import Statistics
import UV

/// `coppice flood` from its start to its end. It starts the workers, leads them through the run, and sums up the
/// result.
public final class FloodProgram {
    private enum Phase {
        case comingIn
        case sending
        case arriving
        case over
    }

    private let plan: FloodPlan
    private let processes: [Int32]
    private let loop: Loop
    private let progress: FloodProgress
    private var workers: [ChildProcess] = []
    private var phase = Phase.comingIn
    private var report: FloodReport
    private var failure: String?
    private var ready = 0
    private var done = 0
    private var living = 0
    private var ticks: Timer?
    private var signals: [SignalWatcher] = []
    private var began: UInt64 = 0
    private var cpuBefore = 0
    private var interval = FloodReport.Interval(
        second: 0, deliveries: 0, sent: 0, here: 0, median: 0, ninetyNinth: 0, longest: 0, resident: 0)
    private var intervalLatencies = Latencies()
    private var reported = 0

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - processes: the ids of the server's processes, whose memory and CPU time are summed.
    ///   - arguments: the arguments that make this program a worker, without the worker's number.
    /// - Returns: the result, or a sentence that says why there was no run.
    public static func run(
        _ plan: FloodPlan, processes: [Int32], arguments: [String]
    ) -> Result<FloodReport, FloodFailure> {
        let loop: Loop
        do { loop = try Loop() } catch { return .failure(FloodFailure("no event loop: \(error)")) }
        // A slow reader of standard error must not change what is measured.
        StandardError.neverWait()
        let program = FloodProgram(plan, processes, on: loop)
        program.start(arguments)
        loop.run()
        loop.close()
        program.progress.end()
        // The report follows, perhaps on the same terminal.
        StandardError.finish()
        if let failure = program.failure { return .failure(FloodFailure(failure)) }
        return .success(program.report)
    }

    private init(_ plan: FloodPlan, _ processes: [Int32], on loop: Loop) {
        self.plan = plan
        self.processes = processes
        self.loop = loop
        report = FloodReport(plan)
        progress = FloodProgress(plan)
    }

    private func start(_ arguments: [String]) {
        if !processes.isEmpty {
            guard let resident = resident, let cpu = cpu else {
                failure = "there is no process \(processes.map(String.init).joined(separator: ",")): check --pid"
                return
            }
            report.server = FloodReport.Server(residentBefore: resident)
            cpuBefore = cpu
        }
        let path: String
        do { path = try ChildProcess.ownPath() } catch { return fail(error.description) }
        for number in 0..<plan.workers {
            do {
                let worker = try ChildProcess(
                    on: loop, path, arguments + ["--worker", String(number)], limitBytes: FloodLimits.workerLineBytes
                ) { [unowned self] line in
                    if let message = WorkerMessage(line: line) { hear(message, from: number) }
                } ended: { [unowned self] ending in
                    didEnd(ending)
                }
                workers.append(worker)
                living += 1
            } catch {
                return fail("a worker can't be started: \(error)")
            }
        }
        ticks = Timer(on: loop) { [unowned self] in tick() }
        // If the terminal is closed, the measured figures are still reported. With nohup that doesn't even end the run.
        let ends = [SignalWatcher.interrupt, SignalWatcher.terminate, SignalWatcher.hangUp]
        signals = ends.filter { $0 != SignalWatcher.hangUp || !SignalWatcher.isIgnored($0) }.map { signal in
            SignalWatcher(on: loop, signal: signal) { [unowned self] in interrupt() }
        }
    }

    // MARK: Phases

    private func hear(_ message: WorkerMessage, from worker: Int) {
        switch message {
        case .ready(let counts): isReady(counts)
        case .interval(let interval): add(interval)
        case .stopped(let sent):
            guard phase == .arriving, worker == 0 else { return }
            report.sent = sent.reduce(0) { $0 + Int($1) }
            workers.forEach { $0.say(WorkerOrder.expect(sent).line) }
        case .done(let result): isDone(result)
        case .failed(let reason): fail(reason)
        }
    }

    private func isReady(_ counts: CrowdCounts) {
        report.admission.add(counts)
        ready += 1
        guard ready == plan.workers, phase == .comingIn else { return }
        if let cpu {
            report.server?.residentLoggedIn = resident ?? 0
            report.server?.loginMicroseconds = cpu - cpuBefore
            cpuBefore = cpu
        }
        phase = .sending
        began = Loop.monotonicNanoseconds
        workers.forEach { $0.say(WorkerOrder.go.line) }
        ticks?.start(after: plan.duration)
    }

    /// To be called when the time to send is over.
    private func tick() {
        guard phase == .sending else { return }
        phase = .arriving
        workers.forEach { $0.say(WorkerOrder.stop.line) }
    }

    private func interrupt() {
        switch phase {
        case .sending:
            report.wasInterrupted = true
            tick()
        case .comingIn: fail("interrupted before all clients were in")
        case .arriving, .over: fail("interrupted")
        }
    }

    private func isDone(_ result: WorkerResult) {
        report.counts.add(result.counts)
        report.faults += result.faults
        report.foreign += result.foreign
        report.workerMicroseconds += result.cpuMicroseconds
        let last = max(began, UInt64(max(0, result.lastDelivery)))
        report.seconds = max(report.seconds, Double(last - began) / 1e9)
        done += 1
        guard done == plan.workers else { return }
        closeInterval()
        if let cpu {
            report.server?.cpuMicroseconds = cpu - cpuBefore
            report.server?.residentAfter = resident ?? 0
        }
        end()
    }

    private func didEnd(_ ending: ChildProcess.Ending) {
        living -= 1
        if phase != .over { fail("a worker ended by itself: \(ending)") }
    }

    private func fail(_ reason: String) {
        if failure == nil { failure = reason }
        end()
    }

    private func end() {
        guard phase != .over else { return }
        phase = .over
        ticks?.close()
        signals.forEach { $0.close() }
        workers.forEach { $0.hangUp() }
    }

    // MARK: Intervals

    private func add(_ part: WorkerInterval) {
        let latencies = Latencies(recorded: part.latencies)
        report.deliveries += part.deliveries
        report.latencies.add(latencies)
        intervalLatencies.add(latencies)
        interval.deliveries += part.deliveries
        interval.sent += part.sent
        interval.here += part.here
        reported += 1
        if reported == plan.workers { closeInterval() }
    }

    private func closeInterval() {
        guard reported > 0 else { return }
        reported = 0
        let now = Loop.monotonicNanoseconds
        interval.resident = resident ?? 0
        if let server = report.server { report.server?.residentMost = max(server.residentMost, interval.resident) }
        interval.median = intervalLatencies.percentile(50)
        interval.ninetyNinth = intervalLatencies.percentile(99)
        interval.longest = intervalLatencies.longestMicroseconds
        if phase == .sending || phase == .arriving {
            let before = report.intervals.last?.second ?? 0
            interval.second = Double(now - began) / 1e9
            // The last reports of the workers may cover nearly no time.
            if interval.second - before > 0.5 { report.intervals.append(interval) }
            progress.show(sending: interval, over: interval.second - before)
        } else {
            progress.show(comingIn: interval.here)
        }
        interval.deliveries = 0
        interval.sent = 0
        interval.here = 0
        intervalLatencies.removeAll()
    }

    // MARK: The server

    private var resident: Int? { sum(ProcessUsage.residentBytes) }
    private var cpu: Int? { sum(ProcessUsage.cpuMicroseconds) }

    private func sum(_ question: (Int32) -> Int?) -> Int? {
        guard !processes.isEmpty else { return nil }
        let answers = processes.map(question)
        return answers.contains(nil) ? nil : answers.reduce(0) { $0 + ($1 ?? 0) }
    }
}

/// Why there was no run, as a sentence.
public struct FloodFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

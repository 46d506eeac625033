import Statistics
import Testing

@testable import Flood

@Suite struct ReportTests {
    private func report() -> FloodReport {
        var plan = FloodPlan()
        plan.clients = 1000
        plan.seed = 5
        var report = FloodReport(plan)
        report.admission.connected = 1000
        report.admission.loggedIn = 1000
        report.admission.lastConnection = 500_000_000
        report.admission.lastLogin = 1_000_000_000
        report.sent = 2000
        report.deliveries = 2_000_000
        report.seconds = 4
        for microseconds in 1...1000 { report.latencies.record(nanoseconds: UInt64(microseconds) * 1000) }
        report.server = FloodReport.Server(
            residentBefore: 10_000_000, residentLoggedIn: 10_500_000, residentAfter: 11_000_000,
            residentMost: 12_000_000, cpuMicroseconds: 500_000, loginMicroseconds: 50_000)
        return report
    }

    @Test func `The text has the figures that people look for`() {
        #expect(
            report().text(colours: false) == """
                clients       1,000 clients on localhost:3780
                came in       2,000 connections/s, 1,000 logins/s
                sent          2,000 messages of 128 B by 1, 64 under way
                delivered     2,000,000 in 4.00 s, 500k/s, 4.00M per second of the server's CPU
                latency       p50 500 µs  p90 900 µs  p99 990 µs  p99.9 999 µs  max 1.00 ms
                memory        500 B per connection; 10.0 MB before, 10.5 MB logged in, 12.0 MB at most, 11.0 MB after
                verdict       all right: 0 lost, 0 doubled, 0 out of order, 0 corrupted

                """)
    }

    @Test func `Marks of an axis have as many decimal places as tell them apart`() {
        #expect([0, 1, 2].map { Figures.plain($0) } == ["0", "1", "2"])
        #expect([0, 0.5, 1, 1.5].map { Figures.plain($0) } == ["0", "0.5", "1", "1.5"])
        #expect([0.2, 0.25, 0.001].map { Figures.plain($0) } == ["0.2", "0.25", "0.001"])
        let chart = Chart(
            title: "a", places: [0, 0.5, 1, 1.5, 2.5],
            lines: [Chart.Line(name: "b", style: "a", values: [1, 1, 1, 1, 1])],
            label: { Figures.plain($0) })
        let marks = chart.svg.split(separator: "<").filter { $0.hasSuffix(" s") }.map { $0.split(separator: ">")[1] }
        #expect(marks.contains("0.5 s") && Set(marks).count == marks.count, "\(marks)")
    }

    @Test func `Any fault, and any client that the server closed, makes the verdict wrong`() {
        for change: (inout FloodReport) -> Void in [
            { $0.faults.lost = 1 }, { $0.faults.doubled = 1 }, { $0.faults.outOfOrder = 1 },
            { $0.faults.corrupted = 1 },
            { $0.counts.closed = 1 },
        ] {
            var report = report()
            #expect(report.verdict == .right)
            change(&report)
            #expect(report.verdict == .wrong)
            #expect(report.text(colours: false).contains("WRONG"))
        }
    }

    @Test func `Clients that were stopped may be closed`() {
        var report = report()
        report.counts.slow = 10
        report.counts.slowClosed = 10
        #expect(report.verdict == .right)
        #expect(report.text(colours: false).contains("10 clients, 10 of them closed by the server"))
    }

    @Test(arguments: [
        (0.0, "0"), (7, "7"), (7.25, "7.25"), (999, "999"), (9_994, "9,994"), (9_995, "10.0k"), (123_456, "123k"),
        (999_499, "999k"), (999_500, "1.00M"), (12_345_678, "12.3M"), (2.5e9, "2.50G"),
    ])
    func `Rates have three digits that count`(_ value: Double, _ text: String) {
        #expect(Figures.rate(value) == text)
    }

    @Test(arguments: [(0, "0 µs"), (999, "999 µs"), (1_000, "1.00 ms"), (54_321, "54.3 ms"), (2_000_000, "2.00 s")])
    func `Times are written in the unit that suits them`(_ microseconds: Int, _ text: String) {
        #expect(Figures.time(microseconds) == text)
    }

    @Test(arguments: [0.4, 1, 3, 7.5, 12, 999, 1e6])
    func `An axis has a few round marks, and ends above all values`(_ greatest: Double) {
        let axis = Axis.linear(upTo: greatest)
        #expect((3...6).contains(axis.marks.count), "\(axis.marks)")
        #expect(axis.high >= greatest && axis.share(of: 0) == 0 && axis.share(of: axis.high) == 1)
    }

    @Test func `An axis of powers of ten spans all values`() {
        let axis = Axis.logarithmic([0, 3, 450, 20_000])
        #expect(axis.marks == [1, 10, 100, 1_000, 10_000, 100_000])
        #expect(axis.share(of: 0) == 0)
        #expect(abs(axis.share(of: 100_000) - 1) < 1e-9)
        #expect(Axis.logarithmic([]).marks == [0, 1])
    }
}

/// The messages of workers and the leading program.
@Suite struct WorkerMessageTests {
    @Test func `A message is read as it was written`() {
        var counts = CrowdCounts()
        counts.connected = 3
        counts.slowClosed = 2
        counts.lastLogin = 12_345
        counts.reasons = ["closed by the server", "a \"reset\""]
        var latencies = Latencies()
        for value in [5, 5, 700, 90_000] { latencies.record(nanoseconds: UInt64(value) * 1000) }
        let messages: [WorkerMessage] = [
            .ready(counts), .stopped(sent: [1, 4_000_000_000]), .failed("no \"way\""),
            .interval(WorkerInterval(deliveries: 4, sent: 2, here: 1, latencies: latencies.recorded)),
            .done(
                WorkerResult(
                    faults: Faults(lost: 1, doubled: 2, outOfOrder: 3, corrupted: 4), counts: counts, foreign: 5,
                    lastDelivery: 6, cpuMicroseconds: 7)),
        ]
        for message in messages {
            let line = message.line
            #expect(line.last == 10 && !line.dropLast().contains(10))
            #expect(WorkerMessage(line: Array(line.dropLast())) == message)
        }
        for order: WorkerOrder in [.go, .stop, .expect([0, 17])] {
            #expect(WorkerOrder(line: Array(order.line.utf8)) == order)
        }
        #expect(WorkerMessage(line: Array("hello".utf8)) == nil)
    }

    @Test func `Latencies keep three digits on their way to another process`() {
        var latencies = Latencies()
        for value in stride(from: 1, through: 2_000_000, by: 997) {
            latencies.record(nanoseconds: UInt64(value) * 1000)
        }
        let copy = Latencies(recorded: latencies.recorded)
        #expect(copy.count == latencies.count)
        for percent in [50, 90, 99, 99.9] { #expect(copy.percentile(percent) == latencies.percentile(percent)) }
    }
}

@Suite struct PlanTests {
    @Test func `Every client belongs to one worker, and all senders to the first one`() {
        for (clients, most) in [(1, 19_000), (19_000, 19_000), (19_001, 19_000), (40_000, 19_000), (10, 3)] {
            var plan = FloodPlan()
            plan.clients = clients
            plan.limits.clientsPerWorker = most
            let parts = (0..<plan.workers).map { plan.members(ofWorker: $0) }
            #expect(parts.allSatisfy { $0.count <= most })
            #expect(parts.flatMap { Array($0) } == Array(0..<clients))
            #expect(plan.complaint == nil)
        }
    }

    @Test func `A complaint names the flag to change`() {
        let wrong: [(String, (inout FloodPlan) -> Void)] = [
            ("--clients", { $0.clients = 0 }), ("--senders", { $0.senders = 0 }), ("--senders", { $0.senders = 2000 }),
            ("--payload", { $0.payloadBytes = 47 }), ("--rate", { $0.load = .rate(perSecond: 0) }),
            ("--rate", { $0.load = .rate(perSecond: .nan) }), ("--window", { $0.load = .window(messages: 0) }),
            ("--ramp", { $0.ramp = 0 }), ("--churn", { $0.churn = -1 }), ("--resume", { $0.resumes = true }),
            ("--slow", { $0.slowPercent = 91 }),
            ("--duration", { $0.duration = .zero }), ("--nodes", { $0.nodes = [] }),
            (
                "--register",
                {
                    $0.registers = true
                    $0.kind = .nats
                }
            ),
        ]
        for (flag, change) in wrong {
            var plan = FloodPlan()
            change(&plan)
            #expect(plan.complaint?.contains(flag) == true, "\(flag): \(plan.complaint ?? "none")")
        }
    }
}

import Statistics
import Tree

/// The result of a run: everything that is printed, written as JSON, or drawn.
public struct FloodReport {
    /// One interval of the run, all workers together.
    public struct Interval: Equatable, Sendable {
        /// Seconds from when sending began to the end of the interval.
        var second: Double
        var deliveries: Int
        var sent: Int
        var here: Int
        var median: Int
        var ninetyNinth: Int
        var longest: Int
        /// The server's resident memory in bytes; 0 if it isn't known.
        var resident: Int
    }

    /// What the server used, summed over its processes.
    struct Server: Equatable {
        var residentBefore = 0
        var residentLoggedIn = 0
        var residentAfter = 0
        var residentMost = 0
        /// The server's CPU time from when sending began to the last delivery.
        var cpuMicroseconds = 0
        /// The server's CPU time from the first connection to the last login.
        var loginMicroseconds = 0
    }

    /// Whether the server delivered everything as it should.
    public enum Verdict: String, Sendable {
        case right, wrong
    }

    var plan: FloodPlan
    /// The counts at the moment when all clients were logged in, and below it those at the end.
    var admission = CrowdCounts()
    var counts = CrowdCounts()
    var faults = Faults()
    var foreign = 0
    var sent = 0
    var deliveries = 0
    var seconds = 0.0
    var latencies = Latencies()
    var intervals: [Interval] = []
    var server: Server?
    var workerMicroseconds = 0
    var wasInterrupted = false

    init(_ plan: FloodPlan) {
        self.plan = plan
    }

    /// Wrong if any delivery was lost, doubled, out of order or corrupted, or if the server closed a connection whose
    /// client read and which didn't go on elsewhere.
    public var verdict: Verdict {
        faults.total == 0 && counts.closed == 0 && counts.returned == counts.lostServer ? .right : .wrong
    }

    // MARK: Derived

    /// From the moment when the first client lost its server until the last one was in at another.
    var returnMicroseconds: Int {
        counts.lastReturn > counts.firstLoss ? Int((counts.lastReturn - counts.firstLoss) / 1000) : 0
    }

    var connectionsPerSecond: Double { rate(admission.connected, until: admission.lastConnection) }
    var loginsPerSecond: Double { rate(admission.loggedIn, until: admission.lastLogin) }

    private func rate(_ count: Int, until end: UInt64) -> Double {
        end > admission.firstAttempt ? Double(count) * 1e9 / Double(end - admission.firstAttempt) : 0
    }

    var deliveriesPerSecond: Double { seconds > 0 ? Double(deliveries) / seconds : 0 }

    var deliveriesPerServerSecond: Double? {
        guard let server, server.cpuMicroseconds > 0 else { return nil }
        return Double(deliveries) * 1e6 / Double(server.cpuMicroseconds)
    }

    var loginsPerServerSecond: Double? {
        guard let server, server.loginMicroseconds > 0 else { return nil }
        return Double(plan.clients) * 1e6 / Double(server.loginMicroseconds)
    }

    var bytesPerConnection: Int? {
        server.map { ($0.residentLoggedIn - $0.residentBefore) / plan.clients }
    }
}

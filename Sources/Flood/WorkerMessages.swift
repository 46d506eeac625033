import JSON

/// What a worker reports to the leading program. Each report is a line of JSON on its standard output.
enum WorkerMessage: Equatable {
    /// All clients of the worker are logged in.
    case ready(CrowdCounts)
    /// What happened since the last report.
    case interval(WorkerInterval)
    /// How many messages each sender has sent, once no more are sent. It comes from the worker that has the senders.
    case stopped(sent: [UInt32])
    /// All deliveries have come, or no more come.
    case done(WorkerResult)
    /// The worker gave up.
    case failed(String)
}

/// One interval of a worker's run.
struct WorkerInterval: Equatable {
    var deliveries = 0
    var sent = 0
    /// Clients that are logged in.
    var here = 0
    /// Pairs of a latency in microseconds and how often it occurred.
    var latencies: [Int] = []
}

/// The result of one worker's run.
struct WorkerResult: Equatable {
    var faults = Faults()
    var counts = CrowdCounts()
    var foreign = 0
    /// When the last delivery came, on the monotonic clock.
    var lastDelivery = 0
    /// CPU time that the worker has used, in microseconds.
    var cpuMicroseconds = 0
}

extension WorkerMessage {
    var line: [UInt8] {
        let value: JSONValue
        switch self {
        case .ready(let counts): value = ["is": "ready", "counts": counts.json]
        case .interval(let interval):
            value = [
                "is": "interval", "deliveries": .number(interval.deliveries), "sent": .number(interval.sent),
                "here": .number(interval.here), "latencies": .numbers(interval.latencies),
            ]
        case .stopped(let sent): value = ["is": "stopped", "sent": .numbers(sent.map { Int($0) })]
        case .done(let result):
            value = [
                "is": "done", "lost": .number(result.faults.lost), "doubled": .number(result.faults.doubled),
                "outOfOrder": .number(result.faults.outOfOrder), "corrupted": .number(result.faults.corrupted),
                "counts": result.counts.json, "foreign": .number(result.foreign),
                "lastDelivery": .number(result.lastDelivery), "cpuMicroseconds": .number(result.cpuMicroseconds),
            ]
        case .failed(let reason): value = ["is": "failed", "reason": .string(reason)]
        }
        return value.encoded + [UInt8(ascii: "\n")]
    }

    init?(line: [UInt8]) {
        // A report of latencies is little but numbers.
        guard let object = try? JSONObject(parsing: line.span.bytes, mayBeDense: true) else { return nil }
        let number = { (object: borrowing JSONObject, key: String) in Int(object.int(key) ?? 0) }
        let numbers = { (object: borrowing JSONObject, key: String) in
            (object.array(key) ?? []).compactMap { $0.integer.map { Int($0) } }
        }
        let counts = CrowdCounts(json: object.object("counts") ?? [:])
        switch object.string("is") {
        case "ready": self = .ready(counts)
        case "interval":
            self = .interval(
                WorkerInterval(
                    deliveries: number(object, "deliveries"), sent: number(object, "sent"),
                    here: number(object, "here"), latencies: numbers(object, "latencies")))
        case "stopped": self = .stopped(sent: numbers(object, "sent").map { UInt32(truncatingIfNeeded: $0) })
        case "done":
            let faults = Faults(
                lost: number(object, "lost"), doubled: number(object, "doubled"),
                outOfOrder: number(object, "outOfOrder"), corrupted: number(object, "corrupted"))
            self = .done(
                WorkerResult(
                    faults: faults, counts: counts, foreign: number(object, "foreign"),
                    lastDelivery: number(object, "lastDelivery"),
                    cpuMicroseconds: number(object, "cpuMicroseconds")))
        case "failed": self = .failed(object.string("reason") ?? "")
        default: return nil
        }
    }
}

/// What the leading program tells its workers. Each order is a line on their standard input. The end of the input ends
/// a worker.
enum WorkerOrder: Equatable {
    case go
    case stop
    /// Nothing more is sent. This many messages of each sender have to arrive.
    case expect([UInt32])

    var line: String {
        switch self {
        case .go: "go"
        case .stop: "stop"
        case .expect(let sent): "expect " + sent.map { String($0) }.joined(separator: ",")
        }
    }

    init?(line: [UInt8]) {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        switch words.first {
        case "go": self = .go
        case "stop": self = .stop
        case "expect" where words.count == 2:
            self = .expect(words[1].split(separator: ",").compactMap { UInt32($0) })
        default: return nil
        }
    }
}

extension CrowdCounts {
    fileprivate static let fields: [(String, WritableKeyPath<CrowdCounts, Int> & Sendable)] = [
        ("connected", \.connected), ("loggedIn", \.loggedIn), ("redirects", \.redirects),
        ("turnedAway", \.turnedAway), ("churned", \.churned),
        ("closed", \.closed), ("lostServer", \.lostServer), ("returned", \.returned),
        ("slow", \.slow), ("slowClosed", \.slowClosed),
    ]
    fileprivate static let times: [(String, WritableKeyPath<CrowdCounts, UInt64> & Sendable)] = [
        ("firstAttempt", \.firstAttempt), ("lastConnection", \.lastConnection), ("lastLogin", \.lastLogin),
        ("firstLoss", \.firstLoss), ("lastReturn", \.lastReturn),
    ]

    fileprivate var json: JSONValue {
        var members: JSONMembers = [:]
        for (key, path) in Self.fields { members[key] = .number(self[keyPath: path]) }
        for (key, path) in Self.times { members[key] = .number(Int(self[keyPath: path])) }
        members["reasons"] = .array(reasons.map { .string($0) })
        return .object(members)
    }

    fileprivate init(json: JSONMembers) {
        for (key, path) in Self.fields { self[keyPath: path] = Int(json[key]?.integer ?? 0) }
        for (key, path) in Self.times { self[keyPath: path] = UInt64(clamping: json[key]?.integer ?? 0) }
        reasons = json["reasons"]?.array?.compactMap(\.string) ?? []
    }

    /// Adds another worker's counts.
    mutating func add(_ other: CrowdCounts) {
        for (_, path) in Self.fields { self[keyPath: path] += other[keyPath: path] }
        firstAttempt = firstAttempt == 0 ? other.firstAttempt : min(firstAttempt, other.firstAttempt)
        lastConnection = max(lastConnection, other.lastConnection)
        lastLogin = max(lastLogin, other.lastLogin)
        firstLoss =
            firstLoss == 0 ? other.firstLoss : other.firstLoss == 0 ? firstLoss : min(firstLoss, other.firstLoss)
        lastReturn = max(lastReturn, other.lastReturn)
        other.reasons.forEach { note($0) }
    }
}

extension JSONValue {
    static func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    static func numbers(_ values: [Int]) -> JSONValue { .array(values.map { .number($0) }) }
}

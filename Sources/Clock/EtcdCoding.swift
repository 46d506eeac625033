import JSON
import Secrets
import Tree

/// Requests to etcd and its answers, in the form of etcd's JSON gateway: the gRPC messages of the v3 API as JSON.
///
/// In this mapping keys and values are base64, 64-bit numbers are strings, and a value that is false, zero or empty is
/// left out. etcd from version 3.4 on serves it under `/v3`.
struct EtcdCoding: Sendable {
    let leaderKey: String
    let windowKey: String
    private let leaderValue: [UInt8]

    /// - Parameters:
    ///   - prefix: of both keys, without a slash at the end. Clocks with one prefix belong to one network.
    ///   - address: where nodes reach this clock.
    init(prefix: String, me: ClockID, address: Address) {
        leaderKey = prefix + "/leader"
        windowKey = prefix + "/window"
        leaderValue =
            JSONValue.object([
                "clock": .string(me.text), "hostname": .string(address.host), "port": .integer(Int64(address.port)),
            ]).encoded
    }

    // MARK: What is asked

    func path(of request: EtcdRequest) -> String {
        switch request {
        case .look, .campaign, .save: "/v3/kv/txn"
        case .grant: "/v3/lease/grant"
        case .keepAlive: "/v3/lease/keepalive"
        case .revoke: "/v3/lease/revoke"
        }
    }

    func body(of request: EtcdRequest) -> [UInt8] {
        let value: JSONValue =
            switch request {
            case .look: ["success": .array(reading)]
            case .grant(let seconds): ["TTL": .string("\(seconds)")]
            case .keepAlive(let lease), .revoke(let lease): ["ID": .string("\(lease)")]
            case .campaign(let lease):
                transaction(
                    if: [Self.compare(leaderKey, "CREATE", "create_revision", 0)],
                    put: leaderKey, leaderValue, lease: lease)
            case .save(let bound, let reign, let since):
                transaction(
                    if: [
                        Self.compare(leaderKey, "CREATE", "create_revision", reign.value),
                        Self.compare(windowKey, "MOD", "mod_revision", since?.value ?? 0),
                    ], put: windowKey, bound.encoded, lease: nil)
            }
        return value.encoded
    }

    private func transaction(
        if compares: [JSONValue], put key: String, _ value: [UInt8], lease: LeaseID?
    ) -> JSONValue {
        var put: JSONMembers = ["key": Self.text(key), "value": .string(Base64.text(value))]
        if let lease { put["lease"] = .string("\(lease)") }
        return [
            "compare": .array(compares), "success": .array([["request_put": .object(put)]] + reading),
            "failure": .array(reading),
        ]
    }

    /// Stands last in every transaction, so that its result includes what the transaction itself has written.
    private var reading: [JSONValue] {
        [leaderKey, windowKey].map { ["request_range": ["key": Self.text($0)]] }
    }

    private static func compare(_ key: String, _ target: String, _ field: String, _ number: Int64) -> JSONValue {
        .object(["key": text(key), "target": .string(target), "result": "EQUAL", field: .string("\(number)")])
    }

    private static func text(_ key: String) -> JSONValue {
        .string(Base64.text(Array(key.utf8)))
    }

    // MARK: What is answered

    /// What can be concluded from an answer.
    enum Reading: Equatable {
        case answer(EtcdAnswer)
        /// The keys hold something that no clock has written.
        case unreadable
        /// This member can't answer, while another one may. The text is for the log.
        case nothing(String)
    }

    func reading(_ status: Int, _ body: [UInt8], of request: EtcdRequest) -> Reading {
        guard let object = try? JSONObject(parsing: body) else { return .nothing("status \(status) without an answer") }
        guard status == 200, !object.has("error") else {
            // gRPC's code for "not found". The lease is the only thing that a request names and that may be missing.
            if object.int("code") == 5 { return .answer(.noLease) }
            return .nothing(object.string("error") ?? "status \(status)")
        }
        switch request {
        case .grant: return Self.lease(object.string("ID"), object.string("TTL"))
        case .keepAlive:
            let result = object.value("result")
            return Self.lease(result?["ID"]?.string, result?["TTL"]?.string)
        case .revoke: return .answer(.revoked)
        case .look, .campaign, .save: return keys(object.array("responses") ?? [])
        }
    }

    private static func lease(_ id: String?, _ seconds: String?) -> Reading {
        guard let id = id.flatMap({ Int64($0) }) else { return .nothing("an answer without a lease") }
        guard let seconds = seconds.flatMap({ Int64($0) }), seconds > 0 else { return .answer(.noLease) }
        return .answer(.lease(LeaseID(id), seconds: seconds))
    }

    private func keys(_ responses: [JSONValue]) -> Reading {
        let ranges = responses.compactMap { $0["response_range"] }
        guard ranges.count == 2 else { return .nothing("a transaction without both keys") }
        let pairs = ranges.map { $0["kvs"]?.array?.first }
        var leader: EtcdKeys.Leader?
        var window: EtcdKeys.Window?
        if let pair = pairs[0] {
            leader = Self.leader(pair)
            if leader == nil { return .unreadable }
        }
        if let pair = pairs[1] {
            window = Self.window(pair)
            if window == nil { return .unreadable }
        }
        return .answer(.keys(EtcdKeys(leader: leader, window: window)))
    }

    private static func leader(_ pair: JSONValue) -> EtcdKeys.Leader? {
        guard let value = value(pair), let object = try? JSONObject(parsing: value), let clock = object.string("clock"),
            let host = object.string("hostname"), let port = object.int("port").flatMap({ UInt16(exactly: $0) }),
            let reign = number(pair, "create_revision")
        else { return nil }
        // A key that somebody has written by hand has no lease. It stays until somebody removes it by hand.
        let lease = LeaseID(number(pair, "lease") ?? 0)
        return EtcdKeys.Leader(
            clock: ClockID(clock), address: Address(host: host, port: port), lease: lease, reign: Revision(reign))
    }

    private static func window(_ pair: JSONValue) -> EtcdKeys.Window? {
        // A new reign adds one to the epoch, so the greatest epochs are refused.
        guard let value = value(pair), let saved = SavedBound(decoding: value), saved.epoch < 1 << 62,
            let changed = number(pair, "mod_revision")
        else { return nil }
        return EtcdKeys.Window(saved: saved, changed: Revision(changed))
    }

    private static func value(_ pair: JSONValue) -> [UInt8]? {
        pair["value"]?.string.flatMap(Base64.bytes)
    }

    private static func number(_ pair: JSONValue, _ key: String) -> Int64? {
        pair[key]?.string.flatMap { Int64($0) }
    }
}

import JSON
import Testing
import Tree

@testable import Clock

/// Answers as etcd 3.4.23 gave them.
@Suite("Requests to etcd and its answers")
struct EtcdCodingTests {
    private let coding = EtcdCoding(
        prefix: "coppice/clock", me: ClockID("me"), address: Address(host: "127.0.0.1", port: 3779))

    private func read(_ text: String, of request: EtcdRequest, status: Int = 200) -> EtcdCoding.Reading {
        coding.reading(status, Array(text.utf8), of: request)
    }

    @Test("only the leader of a reign moves the bound, and only from the bound that it knows")
    func save() throws {
        let saved = SavedBound(epoch: 7, bound: Stamp(470_699_189_893_595_136))
        let request = EtcdRequest.save(saved, reign: Revision(3), since: Revision(4))
        #expect(coding.path(of: request) == "/v3/kv/txn")
        let text = String(decoding: coding.body(of: request), as: UTF8.self)
        let leader = "Y29wcGljZS9jbG9jay9sZWFkZXI="
        let window = "Y29wcGljZS9jbG9jay93aW5kb3c="
        let reading = #"{"request_range":{"key":"\#(leader)"}},{"request_range":{"key":"\#(window)"}}"#
        #expect(
            text == #"{"compare":["#
                + #"{"key":"\#(leader)","target":"CREATE","result":"EQUAL","create_revision":"3"},"#
                + #"{"key":"\#(window)","target":"MOD","result":"EQUAL","mod_revision":"4"}],"#
                + #""success":[{"request_put":{"key":"\#(window)","value":"#
                + #""eyJlcG9jaCI6IjciLCJib3VuZCI6IjQ3MDY5OTE4OTg5MzU5NTEzNiIs"#
                + #"ImNoZWNrc3VtIjoiazNqazYzNTVudjc0aCJ9Cg=="}},"#
                + reading + #"],"failure":["# + reading + "]}")
    }

    @Test("a first bound is written only if there is none, and a leader only if nobody leads")
    func first() {
        let save = EtcdRequest.save(SavedBound(epoch: 1, bound: Stamp(2)), reign: Revision(3), since: nil)
        #expect(String(decoding: coding.body(of: save), as: UTF8.self).contains(#""mod_revision":"0""#))
        let campaign = String(decoding: coding.body(of: .campaign(LeaseID(5))), as: UTF8.self)
        #expect(campaign.contains(#""create_revision":"0""#))
        #expect(campaign.contains(#""lease":"5""#))
    }

    @Test("both keys are read in one revision")
    func keys() throws {
        let text = """
            {"header":{"revision":"4"},"succeeded":true,"responses":[{"response_put":{"header":{"revision":"2"}}},\
            {"response_range":{"header":{},"kvs":[{"key":"Y29wcGljZS9jbG9jay9sZWFkZXI=","create_revision":"3",\
            "mod_revision":"3","version":"1","value":"eyJjbG9jayI6InZxczR4Nm1sYjdvc2ZmYmt6eXB6emxrd2I1IiwiaG9zdG5hbWUiO\
            iIxMjcuMC4wLjEiLCJwb3J0IjozNzcwMX0=","lease":"4111120227059183367"}],"count":"1"}},{"response_range":\
            {"header":{},"kvs":[{"key":"Y29wcGljZS9jbG9jay93aW5kb3c=","create_revision":"4","mod_revision":"9",\
            "version":"1","value":"eyJlcG9jaCI6IjE3OTU1NzQ5MDk2MTkiLCJib3VuZCI6IjQ3MDY5OTE4OTg5MzU5NTEzNiJ9Cg=="}],\
            "count":"1"}}]}
            """
        let leader = EtcdKeys.Leader(
            clock: ClockID("vqs4x6mlb7osffbkzypzzlkwb5"), address: Address(host: "127.0.0.1", port: 37701),
            lease: LeaseID(4_111_120_227_059_183_367), reign: Revision(3))
        let window = EtcdKeys.Window(
            saved: SavedBound(epoch: 1_795_574_909_619, bound: Stamp(470_699_189_893_595_136)), changed: Revision(9))
        #expect(read(text, of: .look) == .answer(.keys(EtcdKeys(leader: leader, window: window))))
    }

    @Test("empty and false values are left out")
    func empty() {
        let text = #"{"header":{},"responses":[{"response_range":{"header":{}}},{"response_range":{"header":{}}}]}"#
        #expect(read(text, of: .look) == .answer(.keys(EtcdKeys(leader: nil, window: nil))))
    }

    @Test("etcd answers the renewal of an ended lease without a length, and the lease can't be used")
    func leases() {
        #expect(
            read(#"{"header":{},"ID":"7587","TTL":"2"}"#, of: .grant(seconds: 2))
                == .answer(.lease(LeaseID(7587), seconds: 2)))
        #expect(
            read(#"{"result":{"header":{},"ID":"7587","TTL":"2"}}"#, of: .keepAlive(LeaseID(7587)))
                == .answer(.lease(LeaseID(7587), seconds: 2)))
        #expect(
            read(#"{"result":{"header":{},"ID":"7587"}}"#, of: .keepAlive(LeaseID(7587))) == .answer(.noLease))
        let missing = #"{"error":"etcdserver: requested lease not found","code":5,"message":"…"}"#
        #expect(read(missing, of: .campaign(LeaseID(1)), status: 404) == .answer(.noLease))
        #expect(read(missing, of: .revoke(LeaseID(1)), status: 404) == .answer(.noLease))
        #expect(read(#"{"header":{}}"#, of: .revoke(LeaseID(1))) == .answer(.revoked))
    }

    @Test("an answer that isn't etcd's counts as none", arguments: ["", "<html>", "{}", "[]", #"{"responses":[]}"#])
    func nothing(text: String) {
        guard case .nothing = read(text, of: .look) else {
            Issue.record("taken for an answer: \(text)")
            return
        }
    }

    @Test("etcd's report of its own time-out is no answer")
    func timedOut() {
        let text = #"{"error":"etcdserver: request timed out","code":14,"message":"…"}"#
        #expect(read(text, of: .look, status: 503) == .nothing("etcdserver: request timed out"))
    }

    @Test("keys that no clock has written are not taken for missing keys")
    func unreadable() {
        for value in ["aGVsbG8=", "e30=", "%%%"] {
            let text = """
                {"responses":[{"response_range":{}},\
                {"response_range":{"kvs":[{"mod_revision":"9","value":"\(value)"}]}}]}
                """
            #expect(read(text, of: .look) == .unreadable)
        }
    }
}

import CoppiceClient
import JSON
import TLS
import Testing
import Tree
import UV

@testable import Client
@testable import Wire

@Suite("Advice")
struct AdviceTests {
    private func refused(_ info: String) -> String {
        Notice.Failure.loginRefused(name: "anna", info: info).description
    }

    @Test("a wrong secret leads to the places that a program takes it from")
    func wrongSecret() {
        #expect(
            refused("attempt to login with wrong secret")
                == "the login as anna was refused: attempt to login with wrong secret; check -u/--username and the "
                + "secret (--secret-file or COPPICE_USER_SECRET), or add --register if the name is new")
    }

    @Test(
        "who is banned is told of the ban alone",
        arguments: [
            "anna is banned until 2026-12-01T00:00:00Z: spam", "your address is banned for good",
            "this session is banned for good: spam",
        ])
    func banned(info: String) {
        #expect(refused(info) == "the login as anna was refused: \(info)")
        #expect(
            Notice.Failure.registrationRefused(name: "anna", info: info).description
                == "the registration was refused: \(info)")
    }

    @Test(
        "who talks of bans is not banned", arguments: ["x is banned forgood", "is banned", "wrong: x is banned maybe"])
    func notBanned(info: String) {
        #expect(refused(info).contains("--register"))
    }

    @Test(
        "whose session has ended is told so, and no advice about secrets",
        arguments: [
            "an operator has ended this session", "an operator has ended this session: upgrade", "anna was removed",
            "the secret of anna was changed: log in again",
            "anna was registered by somebody else before: register another name",
        ])
    func ended(info: String) {
        #expect(refused(info) == "the session of anna has ended: \(info)")
    }

    @Test("a secret in clear leads to the flags of TLS here, and of the node there")
    func inClear() {
        let words = refused(
            "a secret from another machine is taken over TLS alone, since others can read it on the way: connect with "
                + "TLS"
        )
        for flag in ["--tls,", "--ca FILE", "--tls-cert, --tls-key", "--allow-plain"] {
            #expect(words.contains(flag), "\(words)")
        }
        #expect(!words.contains("--register"))
    }

    @Test("each fault of TLS leads to what can be its reason", arguments: TLSFault.allCases)
    func tls(fault: TLSFault) {
        let words = ConnectionFailure("why", .tls(fault)).advice()
        let wanted: [String] =
            switch fault {
            case .otherName: ["-rh/--host", "--tls-cert"]
            case .expired: ["--tls-cert", "clock"]
            case .notYetValid: ["clock"]
            case .unknownAuthority: ["--ca"]
            case .certificate: ["--tls-cert", "--ca"]
            case .noTLS: ["leave --tls out", "--tls-cert", "-rp/--port"]
            case .other: ["--tls", "--ca"]
            }
        for flag in wanted { #expect(words.contains(flag), "\(words)") }
        if [.expired, .unknownAuthority].contains(fault) { #expect(!words.contains("-rh"), "\(words)") }
    }

    @Test("a name that can't be looked up is named, with the flag that gave it")
    func names() {
        #expect(UVError.unknownHost.words(connectingTo: "nowhere") == "nobody knows a host named nowhere")
        #expect(
            UVError.noNameServer.words(connectingTo: "nowhere")
                == "the host name nowhere can't be looked up, since no name server answers")
        #expect(UVError.connectionRefused.words(connectingTo: "nowhere") == "connection refused")
        #expect(ConnectionFailure("", .name(isKnownToNobody: true)).advice(.of) == "check --of")
        #expect(ConnectionFailure("", .name(isKnownToNobody: false)).advice().contains("/etc/resolv.conf"))
        #expect(ConnectionFailure("", .unproved).advice(.at) == "check --secret-file or COPPICE_SECRET, and --at")
    }

    @Test("a ban of this machine says that all of its addresses count as one")
    func loopback() throws {
        let answer = try JSONObject(parsing: Array(#"{"total":1,"nodes":1,"durable":1}"#.utf8).span.bytes)
        guard let told = SessionsTold(answer) else { throw JSONError.notAnObject }
        let line = ListedSession.outcome(of: .ban(.address(.loopback), nil, reason: ""), told, asJSON: false)
        #expect(
            String(decoding: line, as: UTF8.self)
                == "banned 127.0.0.0/8 (this machine: all of its loopback addresses count as one) at 1 node, on 1 "
                + "disk: 1 session ended\n")
        #expect(try #require(PeerRange("10.0.0.0/8")).words == "10.0.0.0/8")
    }
}

import COpenSSL
import Foundation
import Testing
import UV

@testable import TLS

@Suite struct `TLS as a filter` {
    let authority: PrivateAuthority
    let server: TLSContext
    let client: TLSContext

    init() throws {
        authority = try PrivateAuthority(name: "for tests")
        server = try TLSContext(
            accepting: authority.identity(forHosts: ["node.example", "127.0.0.1", "::1"]), protocols: ["coppice/1"])
        client = try TLSContext(
            connecting: .authorities(authority.certificateText()), protocols: ["other", "coppice/1"])
    }

    @Test(arguments: [1, 7, Int.max])
    func `carries text both ways, in pieces of any size`(size: Int) throws {
        let pair = try Pair(server: server, client: client, host: "node.example")
        pair.carry(piecesOf: size)
        #expect(pair.client.state == .open)
        #expect(pair.server.state == .open)
        #expect(pair.client.filter.version == "TLSv1.3")
        #expect(pair.client.filter.applicationProtocol == "coppice/1")
        #expect(pair.server.filter.applicationProtocol == "coppice/1")
        say("to the server", pair.client)
        say("to the client", pair.server)
        pair.carry(piecesOf: size)
        #expect(heard(pair.server) == "to the server")
        #expect(heard(pair.client) == "to the client")
        pair.client.finish()
        pair.carry(piecesOf: size)
        #expect(pair.server.state == .ended)
    }

    /// `make fuzz` found it with LeakSanitizer: 192 bytes were left of each connection.
    @Test func `leaves nothing behind`() throws {
        let freed = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        freed.initialize(to: 0)
        defer { freed.deallocate() }
        do {
            let filter = try TLSFilter(server)
            let wire = SSL_get_rbio(filter.ssl)
            BIO_set_callback_arg(wire, freed)
            BIO_set_callback_ex(wire) { wire, operation, _, _, _, _, result, _ in
                if operation == BIO_CB_FREE { BIO_get_callback_arg(wire).pointee = 1 }
                return Int(result)
            }
        }
        #expect(freed.pointee == 1)
    }

    @Test func `fills records up to 16 KiB when much waits`() throws {
        let pair = try Pair(server: server, client: client, host: "node.example")
        pair.carry()
        let much = [UInt8](repeating: 97, count: 1_000_000)
        pair.server.write(much)
        let sent = pair.server.takeOutput()
        var records = 0
        var at = 0
        while at < sent.count {
            #expect(sent[at] == 23)
            at += 5 + Int(sent[at + 3]) << 8 + Int(sent[at + 4])
            records += 1
        }
        #expect(records == 62)
        deliver(sent, to: pair.client)
        #expect(pair.client.takeText() == much)
    }

    @Test(arguments: ["node.example", "127.0.0.1", "::1"])
    func `believes a certificate for the name that was asked for`(host: String) throws {
        let pair = try Pair(server: server, client: client, host: host)
        pair.carry()
        #expect(pair.client.state == .open)
    }

    @Test(arguments: [("other.example", "hostname mismatch"), ("127.0.0.2", "IP address mismatch")])
    func `believes it for no other, and says why`(host: String, complaint: String) throws {
        let pair = try Pair(server: server, client: client, host: host)
        pair.carry()
        #expect(reason(pair.client)?.contains(complaint) == true)
        #expect(reason(pair.server) != nil)
    }

    @Test func `believes no authority that it wasn't given, unless it is told to believe anybody`() throws {
        let other = try PrivateAuthority(name: "another")
        let distrustful = try TLSContext(connecting: .authorities(other.certificateText()))
        let pair = try Pair(server: server, client: distrustful, host: "node.example")
        pair.carry()
        #expect(reason(pair.client)?.contains("authority that isn't known here") == true)
        let careless = try Pair(server: server, client: TLSContext(connecting: .anybody))
        careless.carry()
        #expect(careless.client.state == .open)
    }

    @Test func `refuses an expired certificate`() throws {
        let old = try TLSContext(accepting: authority.identity(forHosts: ["node.example"], days: -1))
        let pair = try Pair(server: old, client: client, host: "node.example")
        pair.carry()
        #expect(reason(pair.client)?.contains("certificate") == true)
    }

    @Test func `answers what is no TLS with an alert, and fails`() throws {
        let filter = try Side(server)
        deliver(Array("{\"command\":\"LOGIN\"}\n".utf8), to: filter)
        #expect(reason(filter) != nil)
        deliver([1, 2, 3], to: filter)
        #expect(reason(filter) != nil)
    }

    @Test func `a changed byte ends the connection, and nothing of its record is read`() throws {
        let pair = try Pair(server: server, client: client, host: "node.example")
        pair.carry()
        say("pay Anna 100", pair.client)
        var sent = pair.client.takeOutput()
        sent[sent.count - 1] ^= 1
        deliver(sent, to: pair.server)
        #expect(reason(pair.server) != nil)
        #expect(pair.server.takeText().isEmpty)
    }

    @Test func `keeps what two connections of one context say apart, whatever happens to one of them`() throws {
        let one = try Pair(server: server, client: client, host: "node.example")
        let two = try Pair(server: server, client: client, host: "node.example")
        one.carry()
        two.carry()
        say("one", one.server)
        say("two", two.server)
        // A failure of one leaves nothing behind for the other.
        var broken = one.server.takeOutput()
        broken[broken.count - 1] ^= 1
        deliver(broken, to: one.client)
        #expect(reason(one.client) != nil)
        two.carry()
        #expect(heard(two.client) == "two")
        #expect(heard(one.client) == "")
    }

    @Test func `tells the name in a certificate that a client shows, if a given authority has signed it`() throws {
        let asking = try TLSContext(
            accepting: authority.identity(forHosts: ["node.example"]),
            clientAuthorities: authority.certificateText())
        let named = try TLSContext(
            connecting: .authorities(authority.certificateText()), identity: authority.identity(forUser: "Anna"))
        let pair = try Pair(server: asking, client: named, host: "node.example")
        pair.carry()
        #expect(pair.server.filter.peerName == "Anna")
        let nameless = try Pair(server: asking, client: client, host: "node.example")
        nameless.carry()
        #expect(nameless.server.state == .open)
        #expect(nameless.server.filter.peerName == nil)
        let other = try PrivateAuthority(name: "another")
        let forged = try TLSContext(
            connecting: .authorities(authority.certificateText()), identity: other.identity(forUser: "Anna"))
        let refused = try Pair(server: asking, client: forged, host: "node.example")
        refused.carry()
        #expect(reason(refused.server)?.contains("authority that isn't known here") == true)
        #expect(refused.server.filter.peerName == nil)
        // A server's certificate is no user's.
        let server = try TLSContext(
            connecting: .authorities(authority.certificateText()), identity: authority.identity(forHosts: ["Anna"]))
        let disguised = try Pair(server: asking, client: server, host: "node.example")
        disguised.carry()
        #expect(reason(disguised.server) != nil)
    }

    @Test func `knows when its certificate ends`() throws {
        let ends = try #require(server.expires)
        let days = (Double(ends) - Date().timeIntervalSince1970) / 86_400
        #expect((Double(PrivateAuthority.days - 1)...Double(PrivateAuthority.days + 1)).contains(days))
    }

    @Test func `says which file is at fault`() throws {
        let one = try authority.identity(forHosts: ["node.example"])
        let two = try authority.identity(forHosts: ["node.example"])
        let nonsense = Array("nonsense".utf8)
        #expect(throws: TLSError.mismatch) {
            try TLSContext(accepting: .init(chain: one.chain, key: two.key))
        }
        #expect { try TLSContext(accepting: .init(chain: nonsense, key: one.key)) } throws: {
            if case TLSError.certificate = $0 { true } else { false }
        }
        #expect { try TLSContext(accepting: .init(chain: one.chain, key: nonsense)) } throws: {
            if case TLSError.key = $0 { true } else { false }
        }
        #expect { try TLSContext(connecting: .authorities(nonsense)) } throws: {
            if case TLSError.authorities = $0 { true } else { false }
        }
        #expect { try authority.identity(forHosts: ["a.example,IP:10.0.0.1"]) } throws: {
            if case TLSError.certificate = $0 { true } else { false }
        }
    }
}

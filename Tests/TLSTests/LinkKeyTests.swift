import Testing

@testable import TLS

@Suite struct `A key of links` {
    let right = LinkKey(secret: "the network's secret")
    let wrong = LinkKey(secret: "another secret")

    @Test func `is the same for the same secret, and for no other`() {
        #expect(right == LinkKey(secret: "the network's secret"))
        #expect(right != wrong)
        #expect(right.identity != wrong.identity)
    }

    @Test func `lets two in who know the secret`() throws {
        let pair = try Pair(
            server: TLSContext(accepting: nil, linkKeys: [right]), client: TLSContext(connecting: .link(right)))
        pair.carry()
        #expect(pair.client.state == .open)
        #expect(pair.server.state == .open)
        #expect(pair.client.filter.provedLinkKey)
        #expect(pair.server.filter.provedLinkKey)
        say("AUTHENTICATE", pair.client)
        pair.carry()
        #expect(heard(pair.server) == "AUTHENTICATE")
    }

    @Test func `lets nobody in who doesn't know it`() throws {
        let pair = try Pair(
            server: TLSContext(accepting: nil, linkKeys: [right]), client: TLSContext(connecting: .link(wrong)))
        pair.carry()
        #expect(reason(pair.client) != nil)
        #expect(reason(pair.server) != nil)
        #expect(!pair.server.filter.provedLinkKey)
    }

    @Test func `isn't fulfilled by its name alone`() throws {
        var bytes = wrong.bytes
        bytes[0] ^= 1
        let named = LinkKey(bytes: bytes, identity: right.identity)
        let pair = try Pair(
            server: TLSContext(accepting: nil, linkKeys: [right]), client: TLSContext(connecting: .link(named)))
        pair.carry()
        #expect(reason(pair.client) != nil)
        #expect(reason(pair.server) != nil)
    }

    @Test func `isn't replaced by a certificate, whoever signed it`() throws {
        let authority = try PrivateAuthority(name: "for tests")
        let server = try TLSContext(accepting: authority.identity(forHosts: ["node.example"]))
        let pair = try Pair(server: server, client: TLSContext(connecting: .link(right)))
        pair.carry()
        #expect(reason(pair.client) != nil)
        #expect(!pair.client.filter.provedLinkKey)
    }

    @Test func `of two that are accepted for a while either fits`() throws {
        let server = try TLSContext(accepting: nil, linkKeys: [wrong, right])
        for key in [right, wrong] {
            let pair = try Pair(server: server, client: TLSContext(connecting: .link(key)))
            pair.carry()
            #expect(pair.client.filter.provedLinkKey)
        }
    }

    @Test func `and certificates go together at one port: who shows no key proves none`() throws {
        let authority = try PrivateAuthority(name: "for tests")
        let server = try TLSContext(accepting: authority.identity(forHosts: ["node.example"]), linkKeys: [right])
        let stranger = try Pair(
            server: server, client: TLSContext(connecting: .authorities(authority.certificateText())),
            host: "node.example")
        stranger.carry()
        #expect(stranger.server.state == .open)
        #expect(!stranger.server.filter.provedLinkKey)
        let node = try Pair(server: server, client: TLSContext(connecting: .link(right)))
        node.carry()
        #expect(node.server.filter.provedLinkKey)
    }

    @Test func `gets in where clients are asked for certificates, and shows none`() throws {
        let authority = try PrivateAuthority(name: "for tests")
        let server = try TLSContext(
            accepting: authority.identity(forHosts: ["node.example"]),
            clientAuthorities: authority.certificateText(), linkKeys: [right])
        let pair = try Pair(server: server, client: TLSContext(connecting: .link(right)))
        pair.carry()
        #expect(pair.server.filter.provedLinkKey && pair.client.filter.provedLinkKey)
        #expect(pair.server.filter.peerName == nil)
    }

    @Test func `a recorded handshake gets nothing when it is played again`() throws {
        let server = try TLSContext(accepting: nil, linkKeys: [right])
        let client = try Side(TLSContext(connecting: .link(right)))
        let first = try Side(server)
        let hello = client.takeOutput()
        deliver(hello, to: first)
        deliver(first.takeOutput(), to: client)
        let rest = client.takeOutput()
        deliver(rest, to: first)
        #expect(first.state == .open)
        let second = try Side(server)
        deliver(hello, to: second)
        deliver(rest, to: second)
        #expect(reason(second) != nil)
    }

    @Test func `a node without a certificate tells a stranger so by an alert`() throws {
        let server = try TLSContext(accepting: nil)
        let pair = try Pair(server: server, client: TLSContext(connecting: .anybody))
        pair.carry()
        #expect(reason(pair.client)?.contains("alert handshake failure") == true)
        #expect(reason(pair.server) != nil)
    }
}

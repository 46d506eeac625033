import Testing
import UV

@testable import TLS

/// Links on which nodes show certificates, and prove the secret inside (docs/protocol.md#links-with-certificates).
@Suite struct `A link with certificates` {
    let authority: PrivateAuthority
    let believed: [UInt8]
    let right = LinkKey(secret: "the network's secret")
    let wrong = LinkKey(secret: "another secret")

    init() throws {
        authority = try PrivateAuthority(name: "of nodes")
        believed = try authority.certificateText()
    }

    private func answerer(
        _ keys: [LinkKey], as identity: TLSContext.Identity? = nil, believing authorities: [UInt8]? = nil,
        with clients: TLSContext? = nil
    ) throws -> TLSContext {
        let context = try clients ?? TLSContext(accepting: nil)
        context.linkKeys = keys
        context.links = try TLSContext(
            acceptingNodesAs: identity ?? authority.identity(forNode: "n1.example"),
            signedBy: authorities ?? believed)
        return context
    }

    private func dialler(
        _ key: LinkKey, as identity: TLSContext.Identity? = nil, believing authorities: [UInt8]? = nil
    ) throws -> TLSContext {
        try TLSContext(
            TLSContext(
                connectingAsNode: identity ?? authority.identity(forNode: "n2.example"),
                signedBy: authorities ?? believed),
            proving: key)
    }

    private func carried(_ answerer: TLSContext, _ dialler: TLSContext) throws -> Pair {
        let pair = try Pair(server: answerer, client: dialler)
        pair.carry()
        say("AUTHENTICATE", pair.client)
        pair.carry()
        return pair
    }

    /// There is no link, and nothing that either end says is heard.
    private func expectNothing(_ pair: Pair) {
        for side in [pair.client, pair.server] {
            #expect(reason(side) != nil)
            #expect(!side.filter.provedLinkKey && !side.filter.isCertifiedLink && !side.filter.hasOpened)
            say("a canary", side)
        }
        pair.carry()
        #expect(heard(pair.server) == "" && heard(pair.client) == "")
    }

    @Test(arguments: [1, 31, 32, Int.max])
    func `opens for those who have both, and not before both have proved the secret`(size: Int) throws {
        let pair = try Pair(server: answerer([right]), client: dialler(right))
        pair.carry(piecesOf: size)
        for side in [pair.client, pair.server] {
            #expect(side.state == .open)
            #expect(side.filter.provedLinkKey && side.filter.isCertifiedLink)
            #expect(side.filter.version == "TLSv1.3" && side.filter.applicationProtocol == "coppice-link")
        }
        say("AUTHENTICATE", pair.client)
        say("AUTHENTICATION_SUCCESS", pair.server)
        pair.carry(piecesOf: size)
        #expect(heard(pair.server) == "AUTHENTICATE")
        #expect(heard(pair.client) == "AUTHENTICATION_SUCCESS")
        pair.client.finish()
        pair.carry(piecesOf: size)
        #expect(pair.server.state == .ended)
    }

    @Test func `passes on what comes together with the last proof`() throws {
        let pair = try Pair(server: answerer([right]), client: dialler(right))
        deliver(pair.client.takeOutput(), to: pair.server)
        deliver(pair.server.takeOutput(), to: pair.client)
        deliver(pair.client.takeOutput(), to: pair.server)
        #expect(pair.server.state == .open && pair.client.state == .opening)
        say("at once", pair.server)
        deliver(pair.server.takeOutput(), to: pair.client)
        #expect(pair.client.state == .open)
        #expect(heard(pair.client) == "at once")
    }

    @Test func `isn't had with another secret, and both know why`() throws {
        let pair = try carried(answerer([right]), dialler(wrong))
        #expect(pair.server.filter.hasNamedWrongKey && pair.client.filter.saysKeyIsWrong)
        #expect(reason(pair.client) == "it has another secret")
        #expect(pair.client.filter.linkFault == nil && pair.server.filter.linkFault == nil)
        expectNothing(pair)
    }

    @Test func `takes either of two secrets while the network's is changed`() throws {
        let server = try answerer([wrong, right])
        for key in [right, wrong] {
            let pair = try carried(server, dialler(key))
            #expect(pair.client.filter.isCertifiedLink && heard(pair.server) == "AUTHENTICATE")
        }
    }

    @Test func `isn't had without a certificate`() throws {
        let bare = try TLSContext(connecting: .authorities(believed), protocols: [TLSContext.linkProtocol])
        let pair = try Pair(server: answerer([right]), client: bare, host: "n1.example")
        pair.carry()
        #expect(pair.server.filter.linkFault == .notShown)
        #expect(reason(pair.client)?.contains("certificate required") == true)
        #expect(!pair.server.filter.hasOpened)
    }

    @Test func `isn't had with a certificate of an authority that isn't known`() throws {
        let other = try PrivateAuthority(name: "another")
        // By the answerer, by the dialler: whoever meets the foreign certificate says so, and the other is told.
        let foreign = try carried(answerer([right]), dialler(right, as: other.identity(forNode: "n2.example")))
        guard case .unbelieved(let words)? = foreign.server.filter.linkFault else {
            Issue.record("\(String(describing: foreign.server.filter.linkFault))")
            return
        }
        #expect(words.contains("signed by an authority that isn't known here"))
        #expect(
            foreign.client.filter.linkFault == .disbelieved("it was signed by an authority that isn't known there"))
        expectNothing(foreign)
        let impostor = try carried(answerer([right], as: other.identity(forNode: "n1.example")), dialler(right))
        #expect(
            impostor.server.filter.linkFault == .disbelieved("it was signed by an authority that isn't known there"))
        expectNothing(impostor)
    }

    @Test func `isn't had with an expired certificate`() throws {
        let old = try authority.identity(forNode: "n2.example", days: -1)
        let pair = try carried(answerer([right]), dialler(right, as: old))
        guard case .unbelieved(let words)? = pair.server.filter.linkFault else {
            Issue.record("\(String(describing: pair.server.filter.linkFault))")
            return
        }
        #expect(words.contains("has expired"))
        #expect(pair.client.filter.linkFault == .disbelieved("it has expired"))
        expectNothing(pair)
    }

    @Test func `isn't had with a certificate for clients' connections, nor with a user's`() throws {
        let server = try authority.identity(forHosts: ["n2.example"])
        expectNothing(try carried(answerer([right]), dialler(right, as: server)))
        let user = try authority.identity(forUser: "anna")
        expectNothing(try carried(answerer([right], as: user), dialler(right)))
    }

    @Test func `isn't had by somebody between two nodes who has a certificate and passes on what they say`() throws {
        // Both nodes speak TLS with the one between them, who reads all and knows no secret.
        let identity = try authority.identity(forNode: "n3.example")
        let near = try Pair(
            server: TLSContext(acceptingNodesAs: identity, signedBy: believed), client: dialler(right))
        let far = try Pair(
            server: answerer([right]), client: TLSContext(connectingAsNode: identity, signedBy: believed))
        near.carry()
        far.carry()
        #expect(near.server.state == .open && far.client.state == .open)
        #expect(near.client.state == .opening && far.server.state == .opening)
        let proof = near.server.takeText()
        #expect(proof.count == LinkProof.count)
        far.client.write(proof + Array("AUTHENTICATE".utf8))
        far.carry()
        #expect(far.server.filter.hasNamedWrongKey && heard(far.server) == "" && !far.server.filter.provedLinkKey)
        // Nor does a node believe its own words.
        near.server.write(proof)
        near.carry()
        #expect(near.client.filter.saysKeyIsWrong && !near.client.filter.provedLinkKey)
    }

    @Test func `says nothing before the other end has shown a certificate`() throws {
        let other = try PrivateAuthority(name: "another")
        let impostor = try TLSContext(
            acceptingNodesAs: other.identity(forNode: "n1.example"), signedBy: believed)
        let pair = try carried(impostor, dialler(right))
        #expect(pair.server.takeText().isEmpty && !pair.server.filter.hasOpened)
    }

    @Test func `is offered in vain to a node without a certificate, and both know why`() throws {
        let contexts = [
            try TLSContext(accepting: nil, linkKeys: [right]),
            try TLSContext(accepting: authority.identity(forHosts: ["n1.example"]), linkKeys: [right]),
        ]
        for context in contexts {
            let pair = try carried(context, dialler(right))
            #expect(pair.server.filter.linkFault == .noneHere)
            #expect(pair.client.filter.linkFault == .noneThere)
            expectNothing(pair)
        }
        // Earlier versions know of no such links.
        let client = try Side(dialler(right))
        deliver(FirstBytes.noTLS, to: client)
        #expect(client.filter.linkFault == .noneThere)
    }

    @Test func `goes on beside all others at one port, and makes no user of a node`() throws {
        let users = try PrivateAuthority(name: "of users")
        let clients = try TLSContext(
            accepting: users.identity(forHosts: ["n1.example"]),
            // It would sign nodes' certificates as well, and isn't asked for them here.
            clientAuthorities: believed)
        let server = try answerer([right], with: clients)
        let link = try carried(server, dialler(right))
        #expect(link.server.filter.isCertifiedLink && link.server.filter.peerName == nil)
        let tool = try carried(server, TLSContext(connecting: .link(right)))
        #expect(tool.server.filter.provedLinkKey && !tool.server.filter.isCertifiedLink)
        #expect(heard(tool.server) == "AUTHENTICATE")
        let client = try Pair(
            server: server, client: TLSContext(connecting: .authorities(users.certificateText())), host: "n1.example")
        client.carry()
        #expect(client.server.state == .open && !client.server.filter.provedLinkKey)
        let anna = try Pair(
            server: server,
            client: TLSContext(
                connecting: .authorities(users.certificateText()), identity: authority.identity(forUser: "anna")),
            host: "n1.example")
        anna.carry()
        #expect(anna.server.filter.peerName == "anna" && !anna.server.filter.provedLinkKey)
        #expect(anna.server.filter.applicationProtocol == nil)
    }

    @Test func `needs the secret of the dialler alone: the key by which it names itself is of no use`() throws {
        // Somebody has a certificate, and offers a link and the key's name at once, as tools do.
        let named = LinkKey(bytes: wrong.bytes, identity: right.identity)
        let pair = try carried(answerer([right]), dialler(named))
        #expect(pair.server.filter.hasNamedWrongKey)
        expectNothing(pair)
    }
}

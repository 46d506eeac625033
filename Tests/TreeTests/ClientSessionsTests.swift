import Testing

@testable import Tree

@Suite struct `The clients of a node` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)

    private func sessions(hasAdmitted: Bool = true) -> ClientSessions {
        ClientSessions(seed: 7, duplicates: DuplicateFilter(memory: .seconds(60)), hasAdmitted: hasAdmitted)
    }

    @Test func `count as load from their login until they go, once each`() {
        var sessions = sessions()
        sessions.greeted(anna)
        #expect(sessions.count == 1)
        #expect(sessions.load == 0)
        sessions.loggedIn(
            anna, as: Login.anonymous, by: .none, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        sessions.loggedIn(anna, as: "anna", by: .secret, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        #expect(sessions.load == 1)
        sessions.left(anna)
        sessions.left(anna)
        #expect(sessions.load == 0)
        #expect(sessions.isEmpty)
        sessions.greeted(ben)
        sessions.left(ben)
        #expect(sessions.load == 0)
    }

    @Test func `without a name or a session keep nothing of either`() {
        var sessions = sessions()
        sessions.greeted(anna)
        sessions.loggedIn(
            anna, as: Login.anonymous, by: .none, digest: nil, session: nil, from: PeerAddress(9), atMilliseconds: 0)
        #expect(sessions[anna]?.identity == nil)
        #expect(sessions[anna]?.user == Login.anonymous)
        #expect(sessions[anna]?.address == PeerAddress(9))
    }

    @Test func `keep the session that they brought when they take another name`() {
        var sessions = sessions()
        sessions.greeted(anna)
        sessions.loggedIn(
            anna, as: Login.anonymous, by: .none, digest: nil, session: "s", from: .loopback, atMilliseconds: 0)
        sessions.loggedIn(
            anna, as: "anna", by: .secret, digest: SecretDigest(high: 1, low: 2), session: nil, from: .loopback,
            atMilliseconds: 0)
        #expect(sessions[anna]?.identity?.session == "s")
        #expect(sessions[anna]?.user == "anna")
        #expect(sessions[anna]?.digest == SecretDigest(high: 1, low: 2))
    }

    @Test func `with a name are found by it`() {
        var sessions = sessions()
        for connection in [ben, anna] {
            sessions.greeted(connection)
            sessions.loggedIn(
                connection, as: "anna", by: .secret, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        }
        #expect(sessions.connections(of: "anna") == [anna, ben])
        sessions.loggedIn(ben, as: "ben", by: .secret, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        #expect(sessions.connections(of: "anna") == [anna])
        #expect(sessions.connections(of: "ben") == [ben])
        sessions.loggedIn(
            ben, as: Login.anonymous, by: .none, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        #expect(sessions.connections(of: "ben") == [])
        sessions.left(anna)
        #expect(sessions.connections(of: "anna") == [])
    }

    @Test func `that are gone can't log in`() {
        var sessions = sessions()
        sessions.loggedIn(anna, as: "anna", by: .secret, digest: nil, session: nil, from: .loopback, atMilliseconds: 0)
        #expect(sessions[anna] == nil)
        #expect(sessions.load == 0)
    }

    @Test func `are told what they asked for at their last login`() {
        var sessions = sessions()
        sessions.loginRequested(on: anna, understanding: [Login.gapFeature, Login.noticeFeature])
        #expect(sessions[anna]?.wantsGaps == true)
        #expect(sessions[anna]?.wantsNotices == true)
        sessions.loginRequested(on: anna, understanding: [])
        #expect(sessions[anna]?.wantsGaps == false)
        #expect(sessions[anna]?.wantsNotices == false)
    }

    @Test func `wait in the order in which they came until the node serves clients`() {
        var sessions = sessions(hasAdmitted: false)
        let carla = ConnectionID(3)
        for client in [ben, anna, carla] { #expect(sessions.park(.logout, of: client, limitBytes: 10_000).isEmpty) }
        sessions.unpark(anna)
        #expect(!sessions.hasAdmitted)
        #expect(!sessions.hasParked)
        sessions.admit()
        #expect(sessions.hasAdmitted)
        #expect(sessions.hasParked)
        #expect(sessions.takeParked(atMost: 1).map(\.connection) == [ben])
        #expect(sessions.hasParked)
        #expect(sessions.takeParked(atMost: 5).map(\.connection) == [carla])
        #expect(!sessions.hasParked)
        #expect(sessions.takeParked(atMost: 5).map(\.connection) == [])
    }

    @Test func `are recognised when they say something again`() {
        var sessions = sessions()
        let key = RetryKey(session: "s", sequence: 1)
        #expect(!sessions.duplicates.isRetry(key, by: "anna"))
        sessions.stored(key, by: "anna", stamp: Stamp(milliseconds: 5))
        #expect(sessions.duplicates.isRetry(key, by: "anna"))
        #expect(!sessions.duplicates.isRetry(key, by: "ben"))
        #expect(sessions.rememberedSessions == 1)
    }

    @Test func `take few bytes each`() {
        // Of every client this much is kept in a table that may have twenty thousand.
        #expect(MemoryLayout<Client.Traits>.size == 5)
    }
}

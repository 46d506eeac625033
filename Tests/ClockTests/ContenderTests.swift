import Testing
import Tree

@testable import Clock

/// Single steps of one of several clocks. The test gives etcd's answers.
@Suite("One of several clocks")
struct ContenderTests {
    private static let noon: UInt64 = 1_800_000_000_000
    private static let me = ClockID("me")
    private static let here = Address(host: "here", port: 1)
    private static let there = Address(host: "there", port: 2)

    /// A contender, its time, and its effects that the test hasn't looked at yet.
    private struct Scene {
        var contender: Contender
        var milliseconds: UInt64 = 1_000_000
        var effects: [Contender.Effect] = []

        init() {
            contender = Contender(
                ContenderTests.me, at: Scene.moment(1_000_000), randomSeed: 1, limits: ClockLimits())
            tell(.due)
        }

        private static func moment(_ milliseconds: UInt64) -> Moment {
            Moment(
                instant: Instant(nanoseconds: milliseconds * 1_000_000),
                wallMilliseconds: ContenderTests.noon + milliseconds)
        }

        mutating func tell(_ event: Contender.Event) {
            contender.handle(event, at: Scene.moment(milliseconds), into: &effects)
        }

        mutating func pass(_ time: UInt64) {
            milliseconds += time
            tell(.due)
        }

        /// Removes the matching request from the effects.
        mutating func request(_ fits: (EtcdRequest) -> Bool, line: Int = #line) throws -> RequestID {
            let index = effects.firstIndex { if case .request(_, let request) = $0 { fits(request) } else { false } }
            let found = try #require(index, "line \(line): no such request among \(effects)")
            guard case .request(let id, _) = effects.remove(at: found) else { fatalError("no request") }
            return id
        }

        mutating func look() throws -> RequestID { try request { $0 == .look } }

        mutating func save() throws -> (RequestID, SavedBound) {
            var saved: SavedBound?
            let id = try request {
                if case .save(let bound, _, _) = $0 { saved = bound }
                return saved != nil
            }
            return (id, saved!)
        }

        mutating func take() -> [Contender.Effect] {
            defer { effects = [] }
            return effects
        }

        /// Runs until the contender serves: nobody leads, the lease 5 is granted, the key is created in revision 10.
        mutating func lead(above bound: Stamp? = nil) throws {
            let window = bound.map { EtcdKeys.Window(saved: SavedBound(epoch: 8, bound: $0), changed: Revision(9)) }
            tell(.answered(try look(), .keys(EtcdKeys(leader: nil, window: window))))
            tell(.answered(try request { $0 == .grant(seconds: 2) }, .lease(LeaseID(5), seconds: 2)))
            tell(
                .answered(
                    try request { $0 == .campaign(LeaseID(5)) }, .keys(EtcdKeys(leader: mine, window: window))))
            let (id, saved) = try save()
            tell(.answered(id, .keys(stored(saved, 11))))
        }

        var mine: EtcdKeys.Leader {
            EtcdKeys.Leader(
                clock: ContenderTests.me, address: ContenderTests.here, lease: LeaseID(5), reign: Revision(10))
        }

        func stored(_ saved: SavedBound, _ revision: Int64, leader: EtcdKeys.Leader? = nil) -> EtcdKeys {
            EtcdKeys(
                leader: leader ?? mine, window: EtcdKeys.Window(saved: saved, changed: Revision(revision)))
        }

        mutating func expectNothing(line: Int = #line) {
            let batch = ask()
            #expect(batch == nil, "line \(line)")
        }

        mutating func expectStamps(line: Int = #line) {
            let batch = ask()
            #expect(batch != nil, "line \(line)")
        }

        /// The batch that an asker gets now.
        mutating func ask() -> StampBatch? {
            tell(.asked(ConnectionID(1), count: 1, seen: nil))
            for case .answer(_, let batch, _, _) in effects { return batch }
            return nil
        }
    }

    private static let other = EtcdKeys.Leader(
        clock: ClockID("other"), address: there, lease: LeaseID(4), reign: Revision(3))

    @Test("a standby names the leader, and hands out nothing")
    func standby() throws {
        var scene = Scene()
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: Self.other, window: nil))))
        let effects = scene.take()
        #expect(effects == [.report(.follows(Self.there))])
        scene.expectNothing()
        let answers = scene.take()
        #expect(answers == [.sendAway(ConnectionID(1), leader: Self.there)])
    }

    @Test("if nobody leads, a clock becomes leader, and serves above the found bound once its own is stored")
    func leads() throws {
        var scene = Scene()
        let bound = Stamp(milliseconds: Self.noon + 2_000_000)
        try scene.lead(above: bound)
        let batch = scene.ask()
        #expect(batch?.first == bound)
        #expect(scene.contender.isServing)
    }

    @Test("an asker waits while the first bound is being stored")
    func waits() throws {
        var scene = Scene()
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: nil, window: nil))))
        scene.tell(.answered(try scene.request { $0 == .grant(seconds: 2) }, .lease(LeaseID(5), seconds: 2)))
        let campaign = try scene.request { $0 == .campaign(LeaseID(5)) }
        scene.tell(.answered(campaign, .keys(EtcdKeys(leader: scene.mine, window: nil))))
        scene.expectNothing()
        let (id, saved) = try scene.save()
        scene.tell(.answered(id, .keys(scene.stored(saved, 11))))
        #expect(scene.effects.contains { if case .answer = $0 { true } else { false } })
    }

    @Test("the lease, less a fifth, counts from when its renewal was sent; after it the reign is forgotten")
    func deadline() throws {
        var scene = Scene()
        try scene.lead()
        let renewal = try scene.request { $0 == .keepAlive(LeaseID(5)) }
        scene.pass(900)
        scene.tell(.answered(renewal, .lease(LeaseID(5), seconds: 2)))
        scene.effects = []
        scene.milliseconds += 699
        scene.expectStamps()
        scene.effects = []
        scene.milliseconds += 1
        scene.expectNothing()
        let effects = scene.take()
        #expect(effects.contains(.sendEverybodyAway))
        #expect(effects.contains(.report(.steppedDown(.leaseNotRenewed))))
        #expect(effects.contains(.sendAway(ConnectionID(1), leader: nil)))
    }

    @Test("answers for a reign that has ended change nothing")
    func lateAnswer() throws {
        var scene = Scene()
        try scene.lead()
        let renewal = try scene.request { $0 == .keepAlive(LeaseID(5)) }
        scene.pass(1700)
        scene.effects = []
        scene.tell(.answered(renewal, .lease(LeaseID(5), seconds: 2)))
        #expect(!scene.contender.isServing)
        scene.expectNothing()
    }

    @Test("a bound that may or may not be stored is read again, and counts if it is")
    func unknownOutcome() throws {
        var scene = Scene()
        try scene.lead()
        // The window is nearly used up, and the lease is renewed.
        for _ in 0..<4 {
            let renewal = try scene.request { $0 == .keepAlive(LeaseID(5)) }
            scene.tell(.answered(renewal, .lease(LeaseID(5), seconds: 2)))
            scene.pass(500)
        }
        let (id, saved) = try scene.save()
        scene.tell(.unanswered(id))
        scene.pass(100)
        scene.tell(.answered(try scene.look(), .keys(scene.stored(saved, 12))))
        #expect(scene.contender.isServing)
        scene.expectStamps()
        #expect(!scene.effects.contains { if case .request(_, .save) = $0 { true } else { false } })
    }

    @Test("a bound that was not stored is stored over the present one")
    func notStored() throws {
        var scene = Scene()
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: nil, window: nil))))
        scene.tell(.answered(try scene.request { $0 == .grant(seconds: 2) }, .lease(LeaseID(5), seconds: 2)))
        let campaign = try scene.request { $0 == .campaign(LeaseID(5)) }
        scene.tell(.answered(campaign, .keys(EtcdKeys(leader: scene.mine, window: nil))))
        let (id, saved) = try scene.save()
        scene.tell(.unanswered(id))
        scene.pass(100)
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: scene.mine, window: nil))))
        #expect(!scene.contender.isServing)
        let (_, again) = try scene.save()
        #expect(again == saved)
    }

    @Test("a leader whose key is gone, or whose bound somebody else has moved, steps down", arguments: [true, false])
    func deposed(keyIsGone: Bool) throws {
        var scene = Scene()
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: nil, window: nil))))
        scene.tell(.answered(try scene.request { $0 == .grant(seconds: 2) }, .lease(LeaseID(5), seconds: 2)))
        let campaign = try scene.request { $0 == .campaign(LeaseID(5)) }
        scene.tell(.answered(campaign, .keys(EtcdKeys(leader: scene.mine, window: nil))))
        let (id, saved) = try scene.save()
        let moved = SavedBound(epoch: saved.epoch + 1, bound: saved.bound)
        let keys = keyIsGone ? scene.stored(saved, 11, leader: Self.other) : scene.stored(moved, 11)
        scene.tell(.answered(id, .keys(keys)))
        let effects = scene.take()
        #expect(effects.contains(.report(.steppedDown(.deposed))))
        scene.expectNothing()
    }

    @Test("an unanswered campaign is won if the leader's key is this clock's")
    func campaignUnanswered() throws {
        var scene = Scene()
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: nil, window: nil))))
        scene.tell(.answered(try scene.request { $0 == .grant(seconds: 2) }, .lease(LeaseID(5), seconds: 2)))
        scene.tell(.unanswered(try scene.request { $0 == .campaign(LeaseID(5)) }))
        scene.pass(100)
        scene.tell(.answered(try scene.look(), .keys(EtcdKeys(leader: scene.mine, window: nil))))
        _ = try scene.save()
    }

    @Test("stepping down gives the lease back, and repeats that until etcd answers")
    func givesBack() throws {
        var scene = Scene()
        try scene.lead()
        scene.pass(1700)
        for _ in 0..<3 {
            scene.tell(.unanswered(try scene.request { $0 == .revoke(LeaseID(5)) }))
            scene.pass(100)
        }
        scene.tell(.answered(try scene.request { $0 == .revoke(LeaseID(5)) }, .revoked))
        scene.pass(1000)
        let later = scene.take()
        #expect(!later.contains { if case .request(_, .revoke) = $0 { true } else { false } })
    }

    @Test("a leader that ends gives its lease back first, and doesn't wait for ever")
    func ends() throws {
        var scene = Scene()
        try scene.lead()
        scene.tell(.endRequested)
        #expect(!scene.effects.contains(.ended))
        scene.tell(.answered(try scene.request { $0 == .revoke(LeaseID(5)) }, .revoked))
        #expect(scene.effects.contains(.ended))

        var alone = Scene()
        try alone.lead()
        alone.tell(.endRequested)
        alone.pass(600)
        #expect(alone.effects.contains(.ended))
        #expect(alone.contender.nextDeadline == nil)
    }

    @Test("keys that no clock has written are left alone")
    func unreadable() throws {
        var scene = Scene()
        scene.tell(.unreadable(try scene.look()))
        let effects = scene.take()
        #expect(effects == [.report(.unreadable)])
        scene.pass(1000)
        scene.expectNothing()
        let later = scene.take()
        #expect(!later.contains { if case .request = $0 { true } else { false } })
    }
}

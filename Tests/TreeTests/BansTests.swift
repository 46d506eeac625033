import Testing

@testable import Tree

/// What a node knows of bans, without a node.
@Suite struct BansTests {
    private func version(_ stamp: UInt64, by node: UInt64 = 1) -> AccountVersion {
        AccountVersion(
            stamp: Stamp(milliseconds: stamp), origin: Origin(node: NodeID(node), incarnation: Incarnation(1)))
    }

    private func ban(
        _ target: BanTarget, _ stamp: UInt64 = 1, by node: UInt64 = 1, until: UInt64? = nil, replaces: Bool = false
    ) -> BanRecord {
        BanRecord(target: target, version: version(stamp, by: node), until: until, replaces: replaces)
    }

    @Test func recordsMergeToTheSameInAnyOrder() {
        let records = [
            ban(.name("a"), 1), ban(.name("a"), 5, by: 2, until: 900), ban(.name("a"), 5, by: 3),
            BanRecord(target: .name("a"), version: version(4), isLifted: true), ban(.name("b"), 2),
            ban(.address(.loopback), 3),
        ]
        let one = Bans(records)
        #expect(one.digest == Bans(records.reversed()).digest)
        #expect(one.digest == Bans(records + records).digest)
        #expect(one[.name("a")]?.version == version(5, by: 3))
        #expect(one.count == 3)
    }

    @Test func oneOfEachKindKeepsOut() {
        let address = PeerAddress(0x0a01_0203)
        let named = Bans([ban(.name("mallory"))])
        #expect(named.ban(name: NameKey(exactly: "mallory"), address: address, at: 0) != nil)
        #expect(named.ban(name: NameKey(exactly: "anna"), address: address, at: 0) == nil)
        #expect(named.ban(address: address, at: 0) == nil)
        let ranged = Bans([ban(.address(PeerRange("10.1.0.0/16")!)), ban(.address(PeerRange("9.0.0.0/8")!))])
        #expect(ranged.ban(address: address, at: 0)?.target == .address(PeerRange("10.1.0.0/16")!))
        #expect(ranged.ban(address: PeerAddress(0x0a02_0203), at: 0) == nil)
        #expect(Bans([ban(.session("s"))]).ban(address: address, session: "s", at: 0) != nil)
    }

    @Test func ofSeveralBansTheOneIsToldThatEndsLast() {
        let bans = Bans([ban(.name("a"), until: 100), ban(.address(.loopback), until: 200), ban(.session("s"))])
        let name = NameKey(exactly: "a")
        #expect(bans.ban(name: name, address: .loopback, at: 0)?.target == .address(.loopback))
        #expect(bans.ban(name: name, address: .loopback, session: "s", at: 0)?.target == .session("s"))
        #expect(bans.ban(name: name, address: .loopback, at: 150)?.target == .address(.loopback))
        #expect(bans.ban(name: name, address: .loopback, at: 200) == nil)
    }

    @Test func whatIsOverIsForgottenAndWhatReplacedAnotherOnlyLater() {
        var bans = Bans([
            ban(.name("a"), 1, until: 100), ban(.name("b"), 1, until: 100, replaces: true), ban(.name("c"), 1),
            BanRecord(target: .name("d"), version: version(50), isLifted: true),
        ])
        _ = bans.forgetOver(at: 99, memory: 1000)
        #expect(bans.count == 4)
        let wasAnyOver = bans.forgetOver(at: 101, memory: 1000)
        #expect(wasAnyOver)
        #expect(bans[.name("a")] == nil)
        #expect(bans.count == 3)
        _ = bans.forgetOver(at: 1051, memory: 1000)
        #expect(bans.sorted.map(\.target) == [.name("b"), .name("c")])
        _ = bans.forgetOver(at: 1101, memory: 1000)
        #expect(bans.sorted.map(\.target) == [.name("c")])
        #expect(bans.digest == Bans([ban(.name("c"), 1)]).digest)
    }

    @Test func tooManyGoByAgeAndThoseOfLiftedBansFirst() {
        var bans = Bans([
            ban(.name("old"), 1), ban(.name("new"), 9),
            BanRecord(target: .name("lifted"), version: version(20), isLifted: true),
        ])
        let ofTwo = bans.forgetOldest(beyond: 2)
        #expect(ofTwo == 0)
        #expect(bans[.name("lifted")] == nil)
        let ofOne = bans.forgetOldest(beyond: 1)
        #expect(ofOne == 1)
        #expect(bans.sorted.map(\.target) == [.name("new")])
    }

    @Test func aFailedWriteIsTriedAgainAfterAPause() throws {
        var saving = BanSaving()
        let start = Instant(nanoseconds: 1_000_000_000)
        #expect(!saving.isDue(at: start))
        saving.changed()
        #expect(saving.isDue(at: start))
        saving.begin(Ticket(1))
        saving.changed()
        #expect(!saving.isDue(at: start))
        let failed = saving.ended(Ticket(1), "full", at: start, pauses: .seconds(1) ... .seconds(4))
        let next = try #require(failed)
        #expect(!saving.isDue(at: start))
        #expect(saving.isDue(at: next))
        saving.begin(Ticket(2))
        let succeeded = saving.ended(Ticket(2), nil, at: next, pauses: .seconds(1) ... .seconds(4))
        #expect(succeeded == nil)
        #expect(saving.isDone)
    }
}

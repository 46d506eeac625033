import Testing

@testable import Tree

private let here = Origin(node: NodeID(50), incarnation: Incarnation(1))

private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

private func account(_ stamp: UInt64 = 5) -> Account {
    Account(name: "anna", hash: "h", registered: AccountVersion(stamp: Stamp(stamp), origin: here))
}

@Suite struct `Changes of accounts` {
    private let one = ConnectionID(1)

    private func id(_ count: UInt64) -> QuestionID { QuestionID(asker: here, count: count) }

    private func begin(_ changes: inout AccountChanges) -> DurabilityCheck {
        changes.begin(.registered(account()), for: .client(one), at: at(0), patience: .seconds(8))
    }

    @Test func `are claimed by one until it has an owner`() {
        var changes = AccountChanges()
        changes.claimed("anna", Claim(id: id(1), stamp: Stamp(1), expires: at(100)))
        #expect(changes.claim(of: "anna")?.id == id(1))
        #expect(changes.claim(of: "ben") == nil)
        // What came to nothing was another one's.
        changes.claimEnded(of: "anna", id(2))
        #expect(changes.claimCount == 1)
        changes.claimEnded(of: "anna", id(1))
        #expect(changes.claimCount == 0)
        changes.claimed("anna", Claim(id: id(3), stamp: Stamp(1), expires: at(100)))
        changes.registered("anna")
        #expect(changes.claim(of: "anna") == nil)
    }

    @Test func `that don't come are not claimed for ever`() {
        var changes = AccountChanges()
        changes.claimed("anna", Claim(id: id(1), stamp: Stamp(1), expires: at(100)))
        changes.claimed("ben", Claim(id: id(2), stamp: Stamp(1), expires: at(200)))
        #expect(changes.expireClaims(at: at(100)) == at(200))
        #expect(changes.claim(of: "anna") == nil)
        #expect(changes.expireClaims(at: at(200)) == nil)
        #expect(changes.claimCount == 0)
    }

    @Test func `become safe in the order of the log, each once`() {
        var changes = AccountChanges()
        let first = begin(&changes)
        let second = begin(&changes)
        #expect(first.serial != second.serial)
        changes.entered(first, at: LogPosition(3))
        changes.entered(second, at: LogPosition(5))
        #expect(changes.nextSafe(upTo: LogPosition(2))?.serial == nil)
        #expect(changes.nextSafe(upTo: LogPosition(4))?.serial == first.serial)
        #expect(changes.nextSafe(upTo: LogPosition(4))?.serial == nil)
        #expect(changes.nextSafe(upTo: LogPosition(9))?.serial == second.serial)
    }

    @Test func `wait for disks until they are taken out, and are asked about again in time`() {
        var changes = AccountChanges()
        #expect(changes.nextCheck(at: at(0)) == nil)
        var check = begin(&changes)
        changes.wait(check)
        #expect(changes.nextCheck(at: at(0)) == at(1))
        #expect(changes.takeChecks().map(\.serial) == [check.serial])
        #expect(changes.checks.map(\.serial) == [])
        check.asked(id(1), [one], nextAsk: at(1000))
        changes.wait(check)
        // An answer comes first, and brings a turn of its own.
        #expect(changes.nextCheck(at: at(0)) == at(8000))
        changes.recorded(check.serial, by: [NodeID(7)], isUnknown: true)
        #expect(changes.checks.first?.holders == [NodeID(7)])
        #expect(changes.nextCheck(at: at(0)) == at(1000))
    }

    @Test func `that a neighbour told are told to the others once`() {
        var changes = AccountChanges()
        changes.heard(of: "anna", from: one)
        #expect(changes.takeNews().map(\.name) == ["anna"])
        #expect(changes.takeNews().map(\.name) == [])
    }
}

@Suite struct `A change that waits for disks` {
    private let one = ConnectionID(1)
    private let two = ConnectionID(2)

    private func check() -> DurabilityCheck {
        DurabilityCheck(
            serial: 1, asker: .client(one), change: .registered(account()), nextAsk: at(0), deadline: at(8000))
    }

    private func situation(
        record: AccountRecord? = AccountRecord(account()), isSaved: Bool = true, keepsAccounts: Bool = true,
        links: [ConnectionID], needed: Int = 2
    ) -> DurabilityCheck.Situation {
        .init(
            origin: here, record: record, isSaved: isSaved, keepsAccounts: keepsAccounts, links: links, needed: needed)
    }

    private func id(_ count: UInt64) -> QuestionID { QuestionID(asker: here, count: count) }

    @Test func `asks for the copies that are lacking, and is durable with the last of them`() {
        var check = check()
        #expect(check.next(in: situation(links: [one]), at: at(0)) == .asks(copies: 1))
        check.asked(id(1), [one], nextAsk: at(1000))
        #expect(check.next(in: situation(links: [one]), at: at(0)) == .waits)
        check.recorded(by: [NodeID(7)], isUnknown: false)
        #expect(check.next(in: situation(links: [one]), at: at(0)) == .isDurable)
        #expect(check.holders == [here.node, NodeID(7)])
    }

    @Test func `counts this node only when it has it on disk`() {
        var check = check()
        #expect(check.next(in: situation(isSaved: false, links: [one]), at: at(0)) == .asks(copies: 2))
        #expect(check.holders == [])
    }

    @Test func `is durable on the only disk there is, or on none`() {
        var alone = check()
        #expect(alone.next(in: situation(links: []), at: at(0)) == .isDurable)
        var unsaved = check()
        #expect(unsaved.next(in: situation(isSaved: false, links: []), at: at(0)) == .asks(copies: 2))
        var keepsNothing = check()
        let without = situation(isSaved: false, keepsAccounts: false, links: [])
        #expect(keepsNothing.next(in: without, at: at(0)) == .isDurable)
    }

    @Test func `is durable when all have answered without a doubt, as long as they are the same`() {
        var check = check()
        _ = check.next(in: situation(links: [one], needed: 3), at: at(0))
        check.asked(id(1), [one], nextAsk: at(1000))
        check.recorded(by: [NodeID(7)], isUnknown: false)
        var same = check
        #expect(same.next(in: situation(links: [one], needed: 3), at: at(0)) == .isDurable)
        // Somebody has come who was not asked.
        #expect(check.next(in: situation(links: [one, two], needed: 3), at: at(0)) == .waits)
        #expect(check.next(in: situation(links: [one, two], needed: 3), at: at(1000)) == .asks(copies: 2))
    }

    @Test func `is asked about again after a doubt, but not at once`() {
        var check = check()
        _ = check.next(in: situation(links: [one]), at: at(0))
        check.asked(id(1), [one], nextAsk: at(1000))
        check.recorded(by: [], isUnknown: true)
        #expect(check.next(in: situation(links: [one]), at: at(999)) == .waits)
        #expect(check.next(in: situation(links: [one]), at: at(1000)) == .asks(copies: 1))
    }

    @Test func `is late at its deadline`() {
        var check = check()
        #expect(check.next(in: situation(links: [one]), at: at(7999)) == .asks(copies: 1))
        #expect(check.next(in: situation(links: [one]), at: at(8000)) == .isLate)
    }

    @Test func `is void when somebody was earlier, or the name was removed`() {
        var check = check()
        let earlier = situation(record: AccountRecord(account(4)), links: [one])
        #expect(check.next(in: earlier, at: at(0)) == .isVoid)
        let removal = Removal(registered: AccountVersion(stamp: Stamp(5), origin: here), at: Stamp(6))
        let removed = situation(record: AccountRecord(name: "anna", removal: removal), links: [one])
        #expect(check.next(in: removed, at: at(0)) == .isVoid)
    }
}

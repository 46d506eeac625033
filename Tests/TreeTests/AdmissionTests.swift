import Testing

@testable import Tree

private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

@Suite struct `Tries at a name` {
    private var limits: Limits {
        var limits = Limits()
        limits.loginsPerNameAndAddress = AttemptLimits(free: 3)
        limits.freeLoginsOfGuessingAddress = 2
        limits.loginsPerAddress = AttemptLimits(free: 5)
        limits.loginsPerName = AttemptLimits(free: 4)
        limits.registrationsPerAddress = AttemptLimits(free: 2)
        limits.registrationsPerName = AttemptLimits(free: 3)
        return limits
    }

    private let here = PeerAddress(1)
    private let there = PeerAddress(2)

    private func wait(_ attempts: Attempts, _ name: NameKey, _ address: PeerAddress?, at now: Instant) -> String? {
        attempts.reasonToWait(toLogInAs: name, from: address, at: now, limits)
    }

    @Test func `from one address have to wait, and nobody else's of that address or at that name`() {
        var attempts = Attempts()
        for _ in 1...2 { attempts.loginFailed(as: "anna", from: here, at: at(0), limits) }
        #expect(wait(attempts, "anna", here, at: at(0)) == nil)
        attempts.loginFailed(as: "anna", from: here, at: at(0), limits)
        let info = "too many failed logins as anna from your address: try again in"
        #expect(wait(attempts, "anna", here, at: at(1)) == "\(info) 1 s")
        #expect(wait(attempts, "ben", here, at: at(1)) == nil)
        #expect(wait(attempts, "anna", there, at: at(1)) == nil)
        #expect(wait(attempts, "anna", here, at: at(1000)) == nil)
        attempts.loginFailed(as: "anna", from: here, at: at(1000), limits)
        #expect(wait(attempts, "anna", here, at: at(1000)) != nil)
    }

    @Test func `are fewer for an address that has failed often, and as many as ever for others`() {
        var attempts = Attempts()
        for number in 1...5 { attempts.loginFailed(as: "name \(number)", from: here, at: at(0), limits) }
        #expect(wait(attempts, "anna", here, at: at(0)) == nil)
        for address in [here, there] {
            attempts.loginFailed(as: "anna", from: address, at: at(0), limits)
            #expect(wait(attempts, "anna", address, at: at(0)) == nil, "who shares the address may mistype once")
        }
        attempts.loginFailed(as: "ben", from: here, at: at(0), limits)
        attempts.loginFailed(as: "ben", from: here, at: at(0), limits)
        attempts.loginFailed(as: "carla", from: there, at: at(0), limits)
        attempts.loginFailed(as: "carla", from: there, at: at(0), limits)
        #expect(wait(attempts, "ben", here, at: at(0)) != nil)
        #expect(wait(attempts, "carla", there, at: at(0)) == nil)
        #expect(wait(attempts, "ben", here, at: at(600_001)) == nil, "it is forgotten")
    }

    @Test func `at one name have to wait wherever they come from, but not the first of an address`() {
        var attempts = Attempts()
        for address in 1...4 { attempts.loginFailed(as: "anna", from: PeerAddress(UInt64(address)), at: at(0), limits) }
        #expect(wait(attempts, "anna", here, at: at(0)) == "too many failed logins as anna: try again in 1 s")
        #expect(wait(attempts, "anna", PeerAddress(9), at: at(0)) == nil)
        // All whom no limit by address applies to are one.
        #expect(wait(attempts, "anna", nil, at: at(0)) == nil)
        attempts.loginFailed(as: "anna", from: nil, at: at(0), limits)
        #expect(wait(attempts, "anna", nil, at: at(0)) == "too many failed logins as anna: try again in 2 s")
        #expect(wait(attempts, "ben", nil, at: at(0)) == nil)
    }

    @Test func `are forgiven to whoever shows the right secret in the end, and to no guesser beside`() {
        var attempts = Attempts()
        for _ in 1...3 {
            attempts.loginFailed(as: "anna", from: here, at: at(0), limits)
            attempts.loginFailed(as: "ben", from: here, at: at(0), limits)
        }
        attempts.loginSucceeded(as: "anna", from: here)
        #expect(wait(attempts, "anna", here, at: at(0)) == nil)
        #expect(wait(attempts, "ben", here, at: at(0)) != nil)
    }

    @Test func `that may not be made count for no name`() {
        var attempts = Attempts()
        for _ in 1...2 { #expect(attempts.registrationTried(of: "x", from: here, at: at(0), limits) == nil) }
        for _ in 1...5 {
            #expect(
                attempts.registrationTried(of: "anna", from: here, at: at(0), limits)
                    == "too many registrations from your address: try again in 1 s")
        }
        #expect(attempts.registrationTried(of: "anna", from: there, at: at(0), limits) == nil)
    }

    @Test func `wait twice as long each time, up to a minute, and are forgotten after ten`() {
        var limiter = AttemptLimiter<String>()
        let limits = AttemptLimits(free: 1)
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            limiter.add("anna", at: at(0), limits)
            #expect(limiter.pause(for: "anna", at: at(0), limits) == .seconds(seconds))
        }
        limiter.add("anna", at: at(600_001), limits)
        #expect(limiter.pause(for: "anna", at: at(600_001), limits) == .seconds(1))
    }

    @Test func `are remembered of so many keys only, the latest`() {
        var limiter = AttemptLimiter<Int>()
        var limits = AttemptLimits(free: 1)
        limits.remembered = 10
        for key in 0..<100 { limiter.add(key, at: at(0), limits) }
        #expect((0..<100).count { limiter.pause(for: $0, at: at(0), limits) != nil } <= 10)
        #expect(limiter.pause(for: 99, at: at(0), limits) != nil)
    }
}

@Suite struct `How fast a client may speak` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)

    private func rate(_ count: Int) -> RateLimiters.Rate { .init(perSecond: count, burst: count) }

    @Test func `is a second's worth at once, and then one after the other`() {
        var limiters = RateLimiters()
        // The last token may be taken; then it has to be earned back.
        for _ in 1...3 { #expect(limiters.said(by: anna, rate(4), at: at(0)) == nil) }
        #expect(limiters.said(by: anna, rate(4), at: at(0)) == at(0) + .nanoseconds(250_000_001))
        #expect(limiters.takeReady(at: at(249)).ready == [])
        #expect(limiters.takeReady(at: at(251)).ready == [anna])
        #expect(limiters.said(by: anna, rate(4), at: at(251)) != nil)
    }

    @Test func `is counted by client`() {
        var limiters = RateLimiters()
        for _ in 1...9 { _ = limiters.said(by: anna, rate(2), at: at(0)) }
        #expect(limiters.said(by: ben, rate(2), at: at(0)) == nil)
    }

    @Test func `lets those go on first who may first, and says when the next one may`() {
        var limiters = RateLimiters()
        for client in [ben, anna] { for _ in 1...2 { _ = limiters.said(by: client, rate(2), at: at(0)) } }
        for _ in 1...2 { _ = limiters.said(by: anna, rate(2), at: at(0)) }
        let (ready, next) = limiters.takeReady(at: at(501))
        #expect(ready == [ben])
        #expect(next.map { $0 > at(1400) && $0 < at(1600) } == true)
        #expect(limiters.takeReady(at: at(2000)).ready == [anna])
    }

    @Test func `goes by the bytes too, and by whichever takes longer`() {
        var limiters = RateLimiters()
        let bytes = RateLimiters.Rate(perSecond: 1000, burst: 5000)
        #expect(limiters.read(4000, of: anna, bytes, at: at(0)) == nil)
        #expect(limiters.read(3000, of: anna, bytes, at: at(0)).map { $0 > at(2000) && $0 < at(2002) } == true)
        #expect(limiters.said(by: anna, rate(1), at: at(0)).map { $0 > at(2000) && $0 < at(2002) } == true)
        #expect(limiters.takeReady(at: at(1999)).ready == [])
        #expect(limiters.takeReady(at: at(2002)).ready == [anna])
        #expect(limiters.read(5000, of: anna, bytes, at: at(60_000)).map { $0 <= at(60_002) } == true)
    }

    @Test func `costs nothing while thousands wait`() {
        var limiters = RateLimiters()
        let count = 20_000
        for number in 0..<count {
            let wait = 1000 + number * 10
            _ = limiters.read(wait, of: ConnectionID(UInt64(number)), .init(perSecond: 1000, burst: 1), at: at(0))
        }
        #expect(limiters.waitingCount == count)
        // Each of them is looked at once, when its time has come.
        var looks = 0
        var now = at(0)
        while let next = limiters.takeReady(at: now).next {
            looks += 1
            now = next
        }
        #expect(looks == count)
        #expect(limiters.waitingCount == 0)
    }

    @Test func `is told once`() {
        var limiters = RateLimiters()
        _ = limiters.said(by: anna, rate(1), at: at(0))
        #expect(limiters.isToBeTold(anna) == true)
        #expect(limiters.isToBeTold(anna) == false)
        #expect(limiters.isToBeTold(ben) == false)
        limiters.forget(anna)
        #expect(limiters.takeReady(at: at(5000)).ready == [])
        #expect(limiters.count == 0)
        _ = limiters.said(by: anna, rate(1), at: at(5000))
        #expect(limiters.isToBeTold(anna) == true)
    }
}

@Suite struct `The queue of hashes` {
    private func job(_ ticket: UInt64) -> HashQueue.Job {
        .init(ticket: Ticket(ticket), secret: Secret("s"), kind: .make)
    }

    @Test func `gives everybody who asks a turn`() {
        var queue = HashQueue()
        let (here, there) = (HashQueue.Source.address(PeerAddress(1)), HashQueue.Source.link(ConnectionID(2)))
        for ticket in 1...3 { queue.add(job(UInt64(ticket)), from: here, for: NameKey("anna")) }
        queue.add(job(9), from: there, for: NameKey("anna"))
        #expect(queue.waiting(of: here) == 3)
        var turns: [UInt64] = []
        while let job = queue.next(atOnce: 2) { turns.append(job.ticket.value) }
        #expect(turns == [1, 9, 2, 3])
        #expect(queue.count == 0)
        #expect(queue.waiting(of: here) == 0)
    }

    @Test func `gives each name of one address a turn`() {
        var queue = HashQueue()
        let here = HashQueue.Source.address(PeerAddress(1))
        for ticket in 1...5 { queue.add(job(UInt64(ticket)), from: here, for: NameKey("guessed at")) }
        queue.add(job(8), from: here, for: NameKey("anna"))
        queue.add(job(9), from: here, for: NameKey("ben"))
        #expect(queue.waiting(of: here, for: NameKey("guessed at")) == 5)
        var turns: [UInt64] = []
        while let job = queue.next(atOnce: 2) { turns.append(job.ticket.value) }
        #expect(turns == [1, 8, 9, 2, 3, 4, 5])
    }

    @Test func `has no more under way than it may`() {
        var queue = HashQueue()
        for ticket in 1...3 { queue.add(job(UInt64(ticket)), from: .link(ConnectionID(1)), for: NameKey("anna")) }
        while queue.next(atOnce: 2) != nil { queue.began() }
        #expect(queue.underWay == 2)
        #expect(queue.count == 1)
        queue.ended()
        #expect(queue.next(atOnce: 2)?.ticket == Ticket(3))
    }

    @Test func `names each piece of work once`() {
        var work = PendingWork()
        let (one, two) = (work.add(.saving), work.add(.saving))
        #expect(one != two)
        #expect(work.count == 2)
        #expect(work.take(one) != nil)
        #expect(work.take(one) == nil)
        #expect(work[two] != nil)
        #expect(work.add(.saving) > two)
    }
}

@Suite struct `Deadlines of connections` {
    private func id(_ number: UInt64) -> ConnectionID { ConnectionID(number) }

    @Test func `come in their order, one of each connection`() {
        var deadlines = Deadlines()
        deadlines.set(id(1), at: at(30))
        deadlines.set(id(2), at: at(20))
        deadlines.set(id(3), at: at(10))
        deadlines.set(id(3), at: at(40))
        deadlines.clear(id(2))
        #expect(deadlines.next() == at(30))
        #expect(deadlines.takeDue(at: at(29)) == nil)
        #expect(deadlines.takeDue(at: at(50)) == id(1))
        #expect(deadlines.takeDue(at: at(50)) == id(3))
        #expect(deadlines.takeDue(at: at(50)) == nil)
        #expect(deadlines.next() == nil)
        #expect(deadlines.count == 0)
    }

    @Test func `leave nothing behind, however often they are put off`() {
        var deadlines = Deadlines()
        for instant in 0..<100_000 { deadlines.set(id(UInt64(instant % 100)), at: at(Int64(instant))) }
        #expect(deadlines.count == 100)
        #expect(deadlines.keptCount <= 264)
        for number in 0..<100 { deadlines.clear(id(UInt64(number))) }
        #expect(deadlines.keptCount <= 64)
    }
}

@Suite struct `Connections that have not logged in` {
    private let here = PeerAddress(1)
    private let there = PeerAddress(2)

    private func pending(_ addresses: [PeerAddress]) -> PendingConnections {
        var pending = PendingConnections()
        for (index, address) in addresses.enumerated() {
            pending.add(ConnectionID(UInt64(index)), from: address, speaksBy: at(Int64(index)))
        }
        return pending
    }

    @Test func `make room by the oldest one that may go`() {
        let pending = pending([there, here, here])
        #expect(pending.oldest { _ in true } == ConnectionID(0))
        #expect(pending.oldest(from: here) { _ in true } == ConnectionID(1))
        #expect(pending.oldest(from: here) { $0 != ConnectionID(1) } == ConnectionID(2))
        #expect(pending.oldest { _ in false } == nil)
    }

    @Test func `are late if they have said nothing, and the next one is known`() {
        var pending = pending([here, here, here, here])
        pending.hasSpoken(ConnectionID(0))
        let (late, next) = pending.takeLate(at: at(2))
        #expect(late == [ConnectionID(1), ConnectionID(2)])
        #expect(next == at(3))
        #expect(pending.takeLate(at: at(3), atMost: 0).next == at(3))
    }

    @Test func `are late again if they were answered and say nothing more`() {
        var pending = pending([here, here])
        pending.hasSpoken(ConnectionID(0))
        pending.answered(ConnectionID(0), goesOnBy: at(10))
        pending.answered(ConnectionID(0), goesOnBy: at(20))
        pending.answered(ConnectionID(7), goesOnBy: at(10))
        #expect(pending.takeLate(at: at(19)).late == [ConnectionID(1)])
        #expect(pending.takeLate(at: at(20)).late == [ConnectionID(0)])
        #expect(pending.takeLate(at: at(20)).next == nil)
    }

    @Test func `leave nothing behind`() {
        var pending = pending([here, there, here])
        for connection in (0..<3).map({ ConnectionID($0) }) { pending.remove(connection) { _ in true } }
        #expect(pending.count == 0)
        #expect(pending.countedInAll == 0)
        #expect(pending.counted(from: here) == 0)
    }
}

@Suite struct `A secret that was right` {
    private func digest(_ number: UInt64) -> SecretDigest { SecretDigest(high: 0, low: number) }

    @Test func `counts for this state of the account alone`() {
        var cache = CredentialCache()
        cache.add("anna", account: 5, secret: digest(1), limit: 10)
        #expect(cache.has("anna", account: 5, secret: digest(1), limit: 10) == true)
        #expect(cache.has("anna", account: 6, secret: digest(1), limit: 10) == false)
        #expect(cache.has("anna", account: 5, secret: digest(2), limit: 10) == false)
        #expect(cache.has("ben", account: 5, secret: digest(1), limit: 10) == false)
    }

    @Test func `is kept as long as it is shown now and then`() {
        var cache = CredentialCache()
        cache.add("anna", account: 1, secret: digest(1), limit: 10)
        cache.add("ben", account: 1, secret: digest(1), limit: 10)
        for number in 0..<40 {
            cache.add("\(number)", account: 1, secret: digest(1), limit: 10)
            #expect(cache.has("anna", account: 1, secret: digest(1), limit: 10) == true)
        }
        #expect(cache.has("ben", account: 1, secret: digest(1), limit: 10) == false)
    }
}

@Suite struct `That newcomers are refused` {
    @Test func `is said once in a while`() {
        var notice = FullNotice()
        #expect(notice.newcomerRefused(at: at(0), pause: .seconds(10)) == true)
        #expect(notice.newcomerRefused(at: at(9999), pause: .seconds(10)) == false)
        #expect(notice.newcomerRefused(at: at(10_000), pause: .seconds(10)) == true)
    }
}

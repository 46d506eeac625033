import Testing
import Tree

@testable import Clock

@Suite("The source of stamps")
struct StampSourceTests {
    private static let noon: UInt64 = 1_800_000_000_000

    @Test("no stamp goes out before the first bound is on the disk")
    func firstBound() {
        var bench = Bench(wall: Self.noon)
        #expect(bench.writing != nil)
        bench.ask()
        #expect(bench.answers.isEmpty)
        bench.write()
        #expect(bench.answers.map(\.batch) == [StampBatch(first: Stamp(milliseconds: Self.noon), count: 1)])
    }

    @Test("batches follow one another without overlap, and tell the time")
    func batches() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask(count: 1000)
        bench.ask(count: 5)
        bench.wall += 7
        bench.ask()
        let first = Stamp(milliseconds: Self.noon)
        #expect(
            bench.answers.map(\.batch.first) == [
                first, Stamp(first.value + 1000), Stamp(milliseconds: Self.noon + 7),
            ])
    }

    @Test("after the wall clock has jumped back, stamps still follow one another")
    func wallJumpsBack() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask(count: 10)
        bench.wall -= 3_600_000
        bench.ask(count: 10)
        #expect(bench.answers[1].batch.first == bench.answers[0].batch.end)
    }

    @Test("a restart begins at the saved bound, whatever the wall clock says")
    func restart() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask(count: 10)
        let bound = bench.disk!.bound
        bench.wall -= 86_400_000
        bench.crash(writeSurvives: false)
        #expect(bench.source.next == bound)
        bench.write()
        bench.ask()
        #expect(bench.answers[1].batch.first == bound)
        #expect(bench.source.ahead(ofWallMilliseconds: bench.wall) > .seconds(86_400))
    }

    @Test("many quick restarts take the stamps hardly further ahead than one does")
    func quickRestarts() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask()
        for _ in 0..<20 {
            bench.crash(writeSurvives: true)
            bench.ask()
            bench.write()
            bench.wall += 1
        }
        #expect(bench.answers.count == 21)
        #expect(bench.source.ahead(ofWallMilliseconds: bench.wall) < .seconds(9))
        // Once the wall clock has caught up, the disk is again left alone for a second and a half.
        bench.wall += 9000
        bench.ask()
        bench.write()
        let writes = bench.writes
        bench.wall += 1400
        bench.ask()
        #expect(bench.writing == nil)
        #expect(bench.writes == writes)
    }

    @Test("the epoch stays the same over a restart, and changes when the disk is lost")
    func epoch() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        let epoch = bench.source.epoch
        bench.wall += 5000
        bench.crash(writeSurvives: true)
        #expect(bench.source.epoch == epoch)
        bench.disk = nil
        bench.crash(writeSurvives: false)
        #expect(bench.source.epoch != epoch)
    }

    @Test("a regular asker never waits for the disk, even if a write takes a second")
    func extendedInTime() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        var asked = 0
        var writingSince: UInt64?
        for _ in 0..<600 {
            bench.wall += 100
            bench.ask(count: 50)
            asked += 1
            #expect(bench.answers.count == asked)
            if bench.writing == nil {
                writingSince = nil
            } else if let since = writingSince {
                if bench.wall - since >= 1000 { bench.write() }
            } else {
                writingSince = bench.wall
            }
        }
        // A minute takes some thirty writes, not six hundred.
        #expect(bench.writes < 45)
    }

    @Test("an idle clock stops writing after a minute, and serves the next asker after one write")
    func idle() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask()
        for _ in 0..<300 {
            bench.wall += 1000
            bench.handle(.ticked)
            bench.write()
        }
        #expect(bench.writes <= 62)
        let before = bench.writes
        bench.ask()
        #expect(bench.answers.count == 1)
        bench.write()
        #expect(bench.answers.count == 2)
        #expect(bench.writes == before + 1)
    }

    @Test("the whole batch lies above what the asker has seen")
    func seen() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        let seen = Stamp(Stamp(milliseconds: Self.noon + 9000).value + 17)
        bench.ask(count: 3, seen: seen)
        bench.write()
        #expect(bench.answers.map(\.batch.first) == [seen.next])
        bench.ask(2)
        #expect(bench.answers[1].batch.first == Stamp(seen.value + 4))
    }

    @Test("a stamp more than ten seconds ahead of the clock is refused")
    func seenTooFarAhead() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask(7, seen: Stamp(milliseconds: Self.noon + 10_001))
        bench.ask(8, seen: .limit)
        #expect(bench.refusals.map(\.asker.value) == [7, 8])
        #expect(bench.refusals.first?.why == .seenTooFarAhead(.milliseconds(10_001)))
        bench.ask()
        #expect(bench.answers.map(\.batch.first) == [Stamp(milliseconds: Self.noon)])
        #expect(bench.writing == nil)
    }

    @Test("one wrong clock can't pull the others along, even in small steps")
    func seenInSteps() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        var seen = Stamp(milliseconds: Self.noon)
        for _ in 0..<10 {
            seen = Stamp(milliseconds: seen.milliseconds + 9000)
            bench.ask(seen: seen)
            bench.write()
        }
        #expect(bench.answers.count == 1)
        #expect(bench.refusals.count == 9)
        #expect(bench.source.next.milliseconds <= Self.noon + 10_000)
    }

    @Test("an asker that counted on while the clock's machine was set back is believed")
    func seenWhileSetBack() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        bench.ask()
        // The nodes continue without the clock for a minute, while the clock's machine is set back by a day.
        bench.wall -= 86_400_000
        bench.uptime += 60_000
        bench.ask(seen: Stamp(milliseconds: Self.noon + 60_000))
        bench.write()
        #expect(bench.answers.count == 2)
    }

    @Test("an asker that uses up the stamps of the next ten seconds has to wait")
    func runningAhead() {
        var bench = Bench(wall: Self.noon)
        bench.write()
        for _ in 0..<11_000 {
            bench.ask(count: 1 << 18)
            bench.write()
        }
        #expect(bench.refusals.last?.why == .shareUsedUp(ClockLimits().sharedStamps))
        #expect(bench.source.next.milliseconds <= Self.noon + 1002)
        bench.wall += 5000
        bench.ask(3)
        bench.write()
        #expect(bench.answers.last?.asker == ConnectionID(3))
    }

    @Test("an asker that has left gets no stamps")
    func left() {
        var bench = Bench(wall: Self.noon)
        bench.ask(1)
        bench.ask(2)
        bench.handle(.left(ConnectionID(1)))
        bench.write()
        #expect(bench.answers.map(\.asker.value) == [2])
    }

    @Test("a failed write is repeated at the next tick, not at once")
    func diskFails() {
        var bench = Bench(wall: Self.noon)
        bench.ask()
        bench.failToWrite()
        #expect(bench.writing == nil)
        bench.handle(.ticked)
        #expect(bench.writing != nil)
        bench.write()
        #expect(bench.answers.count == 1)
    }

    @Test("with a wall clock beyond all stamps, every question is refused")
    func exhausted() {
        var bench = Bench(wall: UInt64.max / 2)
        bench.write()
        bench.ask()
        #expect(bench.refusals.map(\.why) == [.exhausted])
        #expect(bench.answers.isEmpty)
    }

    @Test("stamps never repeat, go back or exceed the bound: random clocks, crashes and disks", arguments: 0..<200)
    func randomHistories(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var bench = Bench(wall: Self.noon)
        var open: Set<UInt64> = []
        var asker: UInt64 = 0
        var highest = Stamp.zero
        var checked = 0
        for _ in 0..<2000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40:
                asker += 1
                open.insert(asker)
                let count = Bool.random(using: &random) ? 1 : Int.random(in: 1...(1 << 18), using: &random)
                var seen: Stamp?
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let ahead = UInt64.random(in: 0...20_000, using: &random)
                    seen = Stamp(milliseconds: bench.wall + ahead)
                }
                bench.ask(asker, count: count, seen: seen)
            case 40..<60: bench.wall += UInt64.random(in: 0...2000, using: &random)
            case 60..<62: bench.wall += UInt64.random(in: 0...100_000, using: &random)
            case 62..<66: bench.wall -= UInt64.random(in: 0...100_000, using: &random)
            case 66..<84: bench.write()
            case 84..<88: bench.failToWrite()
            case 88..<94: bench.handle(.ticked)
            case 94..<97:
                guard let leaver = open.min() else { continue }
                open.remove(leaver)
                bench.handle(.left(ConnectionID(leaver)))
            default:
                open.removeAll()
                bench.crash(writeSurvives: Bool.random(using: &random))
            }
            for answer in bench.answers[checked...] {
                #expect(answer.batch.first >= highest)
                #expect(open.remove(answer.asker.value) != nil, "an answer for nobody, or a second one")
                highest = answer.batch.end
            }
            checked = bench.answers.count
            bench.refusals.forEach { open.remove($0.asker.value) }
        }
        // Once the disk works again, every asker gets an answer.
        for _ in 0..<3 {
            bench.handle(.ticked)
            bench.write()
        }
        for answer in bench.answers[checked...] { open.remove(answer.asker.value) }
        bench.refusals.forEach { open.remove($0.asker.value) }
        #expect(open.isEmpty)
        #expect(bench.answers.count > 100)
    }
}

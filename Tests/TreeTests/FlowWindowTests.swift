import Testing

@testable import Tree

/// How many bytes may be under way on a path whose speed isn't known.
@Suite struct FlowWindowTests {
    /// A path that takes so many bytes a second, with a queue before it.
    private struct Path {
        let bytesPerSecond: UInt64
        let delay: UInt64
        var window = FlowWindow(target: .milliseconds(300), leastBytes: 1000, firstBytes: 20_000)
        private var queue: [(piece: FlowWindow.Departure, arrival: UInt64)] = []
        private var lastArrival: UInt64 = 0
        private(set) var milliseconds: UInt64 = 1_000_000
        private(set) var longestWait: UInt64 = 0
        private(set) var arrived: UInt64 = 0

        init(bytesPerSecond: UInt64, delay: UInt64) {
            self.bytesPerSecond = bytesPerSecond
            self.delay = delay
        }

        private var now: Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

        /// As much is offered as the window lets in.
        mutating func run(milliseconds span: UInt64) {
            longestWait = 0
            arrived = 0
            for _ in 0..<span {
                milliseconds += 1
                while let first = queue.first, first.arrival <= milliseconds * 1000 {
                    window.arrives(first.piece, at: now)
                    longestWait = max(longestWait, milliseconds - first.piece.at.nanoseconds / 1_000_000)
                    arrived += 500
                    queue.removeFirst()
                }
                while window.underWay < window.bytes, queue.count < 100_000 {
                    let start = max(lastArrival, milliseconds * 1000 + delay * 1000)
                    lastArrival = start + 500 * 1_000_000 / bytesPerSecond
                    queue.append((window.departs(500, at: now), lastArrival))
                }
            }
        }
    }

    @Test(arguments: [(100_000, 1), (1_000_000, 1), (1_000_000, 150), (200_000, 500)] as [(UInt64, UInt64)])
    func `fills a path without letting anything wait much longer than the target`(_ speed: UInt64, _ delay: UInt64) {
        var path = Path(bytesPerSecond: speed, delay: delay)
        path.run(milliseconds: 6000)
        path.run(milliseconds: 10_000)
        #expect(path.arrived >= speed * 10 * 95 / 100)
        #expect(path.longestWait <= delay + 450, "\(path.longestWait) ms")
    }

    @Test func `is as large as nothing is known, and never smaller than the least`() {
        var window = FlowWindow(target: .milliseconds(300), leastBytes: 1000, firstBytes: 20_000)
        #expect(window.bytes == 20_000)
        let piece = window.departs(10, at: Instant(nanoseconds: 1_000_000_000))
        #expect(window.underWay == 10)
        window.arrives(piece, at: Instant(nanoseconds: 2_000_000_000))
        #expect(window.underWay == 0)
        #expect(window.rate == 10)
        #expect(window.bytes == 1000)
    }

    @Test func `forgets a speed that the path no longer has`() {
        var window = FlowWindow(target: .milliseconds(300), leastBytes: 1000, firstBytes: 20_000)
        var now: UInt64 = 1_000_000_000
        for (bytes, millisecond) in [(100_000, 1), (1000, 1000), (1000, 1000), (1000, 1000)] as [(UInt64, UInt64)] {
            let piece = window.departs(bytes, at: Instant(nanoseconds: now))
            now += millisecond * 1_000_000
            window.arrives(piece, at: Instant(nanoseconds: now))
        }
        #expect(window.rate == 1000)
    }
}

/// How far the other side of a link has taken what it was sent.
@Suite struct TransitTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func transit() -> Transit {
        var limits = Limits()
        limits.flowMarkBytes = 100
        limits.flowLeastBytes = 300
        limits.flowFirstBytes = 300
        return Transit(limits)
    }

    @Test func `bounds what is under way, and lets a single entry through however long`() {
        var transit = transit()
        #expect(transit.mayGo)
        transit.sends(bytes: 5000, from: LogPosition(0), at: now)
        #expect(!transit.mayGo)
        transit.acknowledged(stored: 1, carried: 0, at: now + .milliseconds(5))
        #expect(transit.mayGo)
    }

    @Test func `knows up to where everybody behind the link has the log`() {
        var transit = transit()
        // The first two entries came from there.
        transit.sends(bytes: 60, from: LogPosition(2), at: now)
        transit.sends(bytes: 60, from: LogPosition(3), at: now)
        transit.sends(bytes: 60, from: LogPosition(5), at: now)
        transit.mark(LogPosition(7), at: now)
        #expect(transit.frontier(LogPosition(7)) == LogPosition(2))
        transit.acknowledged(stored: 3, carried: 1, at: now)
        // Counted in pieces: the first one holds two entries.
        #expect(transit.frontier(LogPosition(7)) == LogPosition(2))
        transit.acknowledged(stored: 3, carried: 2, at: now)
        #expect(transit.frontier(LogPosition(7)) == LogPosition(4))
        transit.acknowledged(stored: 3, carried: 3, at: now)
        #expect(transit.frontier(LogPosition(9)) == LogPosition(9))
        #expect(transit.markCount == 0)
    }

    @Test func `says how much of what came everybody on this side has`() {
        var transit = transit()
        transit.received(3, until: LogPosition(3), carriedUpTo: LogPosition(0))
        transit.received(5, until: LogPosition(6), carriedUpTo: LogPosition(2))
        #expect(transit.carriedHere == 0)
        transit.received(5, until: LogPosition(6), carriedUpTo: LogPosition(4))
        #expect(transit.carriedHere == 3)
        transit.received(6, until: LogPosition(7), carriedUpTo: LogPosition(7))
        #expect(transit.carriedHere == 6)
        // A link that opens lacks much: what was told isn't taken back.
        transit.received(6, until: LogPosition(7), carriedUpTo: LogPosition(0))
        #expect(transit.carriedHere == 6)
    }
}

/// Whether people hear that clients wait.
@Suite struct WaitingTests {
    private func at(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func `begins once it has gone on for a while, and is told once`() {
        var waiting = Waiting(noticeAfter: .seconds(2), overAfter: .seconds(5))
        let link = Backpressure.Cause.link(ConnectionID(4))
        var changes: [Waiting.Change] = []
        for time in stride(from: UInt64(1000), to: 9000, by: 100) {
            // Held at every other look.
            if let change = waiting.note(isHolding: time % 200 == 0, for: link, at: at(time)) { changes.append(change) }
        }
        #expect(changes == [.began(link)])
        #expect(waiting.state?.since == at(1000))
        let isTold = [waiting.tells(ConnectionID(9)), waiting.tells(ConnectionID(9))]
        #expect(isTold == [true, false])
        #expect(waiting.nextLook == at(8800 + 5000))
        #expect(waiting.note(isHolding: false, for: nil, at: at(13_700)) == nil)
        #expect(waiting.note(isHolding: false, for: nil, at: at(13_800)) == .ended(link, after: .milliseconds(7800)))
        #expect(waiting.takeTold() == [ConnectionID(9)])
        #expect(waiting.state == nil)
        let isToldAfterwards = waiting.tells(ConnectionID(9))
        #expect(!isToldAfterwards)
    }

    @Test func `doesn't begin for moments`() {
        var waiting = Waiting(noticeAfter: .seconds(2), overAfter: .seconds(5))
        for second in 1...20 as ClosedRange<UInt64> {
            #expect(waiting.note(isHolding: true, for: .queue, at: at(second * 1500)) == nil)
        }
    }
}

/// The clients of one server, and the checks of all that it delivers to them.
///
/// A client is a place in the `Transcript`. What it receives is compared with what stands there, and its place moves
/// on: a few nanoseconds a delivery. Whoever gets other bytes than the others, because the server lost, doubled or
/// damaged something or because it mixes senders differently for each client, leaves the transcript for good and is
/// checked message by message from then on, which costs about ten times as much.
final class Audience {
    /// Where a client stands.
    private enum Place {
        /// It came in the middle, and nothing has reached it yet.
        case nowhere
        /// Before the message of this index, whose bytes begin at the offset.
        case along(index: Int, offset: UInt64)
        /// By itself; the index is that of its order in `walkers`.
        case alone(Int)
    }

    private struct Seat {
        var place: Place
        /// When it was logged in: what was sent later has to reach it.
        var joinedAt: UInt64
        /// False for clients that don't read for a while: their time says nothing about the server.
        var isTimed = true
        /// How many messages have reached it.
        var received = 0
    }

    let payloads: Payloads
    let dialect: any Dialect
    private let meter: Meter
    private var transcript: Transcript
    private var seats: [Seat?] = []
    private var freeSeats: [Int] = []
    private var walkers: [SenderOrder] = []
    private var freeWalkers: [Int] = []
    private(set) var faults = Faults()

    /// - Parameter keptBytes: of the transcript, at most: who is further behind the others is checked message by
    ///   message.
    init(
        _ payloads: Payloads, _ dialect: any Dialect, senders: Int, meter: Meter,
        keptBytes: Int = FloodLimits().transcriptBytes
    ) {
        self.payloads = payloads
        self.dialect = dialect
        self.meter = meter
        transcript = Transcript(senders: senders, mostBytes: keptBytes)
    }

    // MARK: Coming and going

    /// Lets a client in that is logged in as of now.
    ///
    /// - Parameter at: the time; nil before anything was sent, so that it has to get everything.
    func join(at time: UInt64?) -> Int {
        let place = time == nil ? Place.along(index: 0, offset: 0) : .nowhere
        let seat = Seat(place: place, joinedAt: time ?? 0)
        if let free = freeSeats.popLast() {
            seats[free] = seat
            return free
        }
        seats.append(seat)
        return seats.count - 1
    }

    /// A client is gone, and nothing more is expected of it.
    func leave(_ seat: Int) {
        if case .alone(let walker) = seats[seat]!.place { freeWalkers.append(walker) }
        seats[seat] = nil
        freeSeats.append(seat)
    }

    func setTimed(_ isTimed: Bool, _ seat: Int) {
        seats[seat]!.isTimed = isTimed
    }

    // MARK: Reading

    /// What became of bytes.
    struct Outcome {
        /// How many were used: whole messages and words. The rest has to be given once more, with what follows it.
        var used = 0
        /// A word, and its end is `used`.
        var word: Word?
        var nonsense: String?
    }

    /// Checks what a client has received.
    func take(_ bytes: RawSpan, _ seat: Int, of who: Member, at now: UInt64) -> Outcome {
        var outcome = Outcome()
        while outcome.used < bytes.byteCount {
            if case .along(let index, let offset) = seats[seat]!.place, offset < transcript.end {
                let used = follow(bytes.extracting(droppingFirst: outcome.used), seat, index, offset, at: now)
                if used < 0 { return outcome }
                outcome.used += used
                if used > 0 { continue }
            }
            let rest = bytes.extracting(droppingFirst: outcome.used)
            switch dialect.frame(rest, of: who) {
            case .incomplete: return outcome
            case .message(let count):
                check(rest.extracting(first: count), seat, at: now)
                outcome.used += count
            case .word(let count, let word):
                outcome.used += count
                outcome.word = word
                return outcome
            case .nonsense(let text):
                outcome.nonsense = text
                return outcome
            }
        }
        return outcome
    }

    /// Goes along the transcript as far as the bytes are the same.
    ///
    /// - Returns: how many bytes that were; 0 if they are others, -1 if they end within the next message.
    private func follow(_ bytes: RawSpan, _ seat: Int, _ index: Int, _ offset: UInt64, at now: UInt64) -> Int {
        let ahead = Int(transcript.end - offset)
        let count = min(ahead, bytes.byteCount)
        guard transcript.holds(bytes.extracting(first: count), at: offset) else {
            return followOne(bytes, seat, index, offset, at: now)
        }
        let reached = offset + UInt64(count)
        var next = index
        var end = offset
        let isTimed = seats[seat]!.isTimed
        while next < transcript.endIndex {
            let entry = transcript[next]
            if entry.end > reached { break }
            if isTimed { meter.latencies.record(nanoseconds: now &- min(now, entry.sentAt)) }
            end = entry.end
            next += 1
        }
        if next == index { return -1 }
        seats[seat]!.place = .along(index: next, offset: end)
        seats[seat]!.received += next - index
        meter.count(next - index, isTimed: isTimed)
        return Int(end - offset)
    }

    /// Something in these bytes is not as it stands; but the next message may be.
    private func followOne(_ bytes: RawSpan, _ seat: Int, _ index: Int, _ offset: UInt64, at now: UInt64) -> Int {
        let entry = transcript[index]
        let count = Int(entry.end - offset)
        guard bytes.byteCount >= count, transcript.holds(bytes.extracting(first: count), at: offset) else { return 0 }
        seats[seat]!.place = .along(index: index + 1, offset: entry.end)
        deliver(sentAt: entry.sentAt, seat, at: now)
        return count
    }

    // MARK: Message by message

    private func check(_ frame: RawSpan, _ seat: Int, at now: UInt64) {
        switch payloads.read(frame) {
        case .foreign: meter.foreign += 1
        case .corrupted:
            faults.corrupted += 1
            _ = walkAlone(seat)
        case .message(let number):
            guard number.sender < transcript.order.next.count else {
                faults.corrupted += 1
                return
            }
            arrive(frame, number, seat, at: now)
        }
    }

    private func arrive(_ frame: RawSpan, _ number: MessageNumber, _ seat: Int, at now: UInt64) {
        if case .nowhere = seats[seat]!.place { begin(seat, with: number) }
        if case .along(let index, _) = seats[seat]!.place {
            if index == transcript.endIndex {
                if transcript.order.isNext(number) {
                    transcript.append(frame, number)
                    seats[seat]!.place = .along(index: index + 1, offset: transcript.end)
                    deliver(sentAt: number.sentAt, seat, at: now)
                    if transcript.isFull { makeRoom() }
                    return
                }
            } else if isEntry(index, number) {
                // The same message in other bytes, which the server may add as it likes.
                seats[seat]!.place = .along(index: index + 1, offset: transcript[index].end)
                deliver(sentAt: number.sentAt, seat, at: now)
                return
            }
        }
        walk(number, seat, at: now)
    }

    private func isEntry(_ index: Int, _ number: MessageNumber) -> Bool {
        let entry = transcript[index]
        return entry.sequence == number.sequence && entry.sender == UInt32(number.sender)
    }

    /// The first message for somebody who came in the middle: nothing that was sent since may lie before it.
    private func begin(_ seat: Int, with number: MessageNumber) {
        let index: Int
        if let known = transcript.index(of: number) {
            index = known
        } else if transcript.order.isNext(number) {
            index = transcript.endIndex
        } else {
            // It is ahead of all others of this server.
            seats[seat]!.place = .alone(newWalker(SenderOrder(senders: transcript.order.next.count, next: .max)))
            return
        }
        faults.lost += transcript.count(before: index, sentFrom: seats[seat]!.joinedAt)
        seats[seat]!.place = .along(index: index, offset: transcript.beginning(of: index))
    }

    private func walk(_ number: MessageNumber, _ seat: Int, at now: UInt64) {
        let walker = walkAlone(seat)
        switch walkers[walker].take(number) {
        case .inOrder, .early: deliver(sentAt: number.sentAt, seat, at: now)
        case .late:
            faults.outOfOrder += 1
            deliver(sentAt: number.sentAt, seat, at: now)
        case .doubled: faults.doubled += 1
        }
    }

    private func deliver(sentAt: UInt64, _ seat: Int, at now: UInt64) {
        let isTimed = seats[seat]!.isTimed
        if isTimed { meter.latencies.record(nanoseconds: now &- min(now, sentAt)) }
        seats[seat]!.received += 1
        meter.count(1, isTimed: isTimed)
    }

    /// Takes a client out of the transcript, if it is in it.
    private func walkAlone(_ seat: Int) -> Int {
        let order: SenderOrder
        switch seats[seat]!.place {
        case .alone(let walker): return walker
        case .along(let index, _): order = transcript.order(at: index)
        case .nowhere: order = SenderOrder(senders: transcript.order.next.count, next: SenderOrder.unknown)
        }
        let walker = newWalker(order)
        seats[seat]!.place = .alone(walker)
        return walker
    }

    private func newWalker(_ order: SenderOrder) -> Int {
        if let free = freeWalkers.popLast() {
            walkers[free] = order
            return free
        }
        walkers.append(order)
        return walkers.count - 1
    }

    /// The beginning of the transcript goes; who still stands there walks alone.
    private func makeRoom() {
        let first = transcript.firstToKeep()
        for seat in seats.indices {
            if case .along(let index, _)? = seats[seat]?.place, index < first { _ = walkAlone(seat) }
        }
        transcript.drop(before: first)
    }

    // MARK: What is still to come

    /// How many deliveries are missing of so many messages that each sender has sent: from now on, if nothing more
    /// comes, they are lost.
    func missing(ofSent sent: [UInt32]) -> Int {
        var count = 0
        let unwritten = transcript.order.lost(ofSent: sent)
        for case let seat? in seats {
            switch seat.place {
            case .nowhere: count += transcript.count(before: transcript.endIndex, sentFrom: seat.joinedAt)
            case .along(let index, _): count += transcript.endIndex - index + unwritten
            case .alone(let walker): count += walkers[walker].lost(ofSent: sent)
            }
        }
        return count
    }

    /// How many messages have reached a client since it came.
    func received(_ seat: Int) -> Int {
        seats[seat]!.received
    }
}

/// The clients of one server, and the checks of everything that the server delivers to them.
///
/// A client has a position in the `Transcript`. What it receives is compared with the bytes there, and its position
/// moves on: that takes a few nanoseconds a delivery. A client that gets other bytes than the others leaves the
/// transcript for good. The server may have lost, doubled or damaged something, or may mix senders differently for each
/// client. From then on the client is checked message by message, which takes about ten times as long.
final class Audience {
    /// Where a client is.
    private enum Place {
        /// The client joined while messages were sent, and none has reached it yet.
        case nowhere
        /// In the transcript: before the message of this index, whose bytes begin at the offset.
        case along(index: Int, offset: UInt64)
        /// Outside of the transcript. The number is an index into `walkers`.
        case alone(Int)
    }

    private struct Seat {
        var place: Place
        /// When the client was logged in. Every message that was sent later has to reach it.
        var joinedAt: UInt64
        /// False for clients that don't read for a while. Their latency says nothing about the server.
        var isTimed = true
        /// How many messages have reached the client.
        var received = 0
        /// What it had seen when it came: an index into `starts`.
        var start: UInt32 = 0
    }

    let payloads: Payloads
    let dialect: any Dialect
    private let meter: Meter
    private var transcript: Transcript
    private var seats: [Seat?] = []
    private var freeSeats: [Int] = []
    private var walkers: [Walker] = []
    private var freeWalkers: [Int] = []
    private(set) var faults = Faults()
    private let keepsProgress: Bool
    /// What clients had seen when they came, each that differs from the one before.
    private var starts: [[String: UInt64]] = [[:]]

    /// A client outside of the transcript.
    private struct Walker {
        var order: SenderOrder
        /// What it has seen of each origin, if that is kept.
        var seen: [String: UInt64] = [:]
    }

    /// - Parameters:
    ///   - keptBytes: how many bytes of the transcript are kept. A client that lags further is checked message by
    ///     message.
    ///   - keepsProgress: whether clients may ask for their `progress`.
    init(
        _ payloads: Payloads, _ dialect: any Dialect, senders: Int, meter: Meter,
        keptBytes: Int = FloodLimits().transcriptBytes, keepsProgress: Bool = false
    ) {
        self.keepsProgress = keepsProgress
        self.payloads = payloads
        self.dialect = dialect
        self.meter = meter
        transcript = Transcript(senders: senders, mostBytes: keptBytes)
    }

    // MARK: Coming and going

    /// Adds a client that is logged in as of now.
    ///
    /// - Parameters:
    ///   - at: the time; nil before any message was sent. Then the client has to get every message.
    ///   - seen: what lies before.
    func join(at time: UInt64?, seen: [String: UInt64]? = nil) -> Int {
        let place = time == nil ? Place.along(index: 0, offset: 0) : .nowhere
        var seat = Seat(place: place, joinedAt: time ?? 0)
        if keepsProgress, let seen {
            if seen != starts.last { starts.append(seen) }
            seat.start = UInt32(starts.count - 1)
        }
        return take(seat)
    }

    /// Adds a client that goes on where it left off at another server.
    func join(_ progress: Progress, at time: UInt64) -> Int {
        let walker = newWalker(Walker(order: progress.order, seen: progress.seen))
        return take(Seat(place: .alone(walker), joinedAt: time))
    }

    private func take(_ seat: Seat) -> Int {
        if let free = freeSeats.popLast() {
            seats[free] = seat
            return free
        }
        seats.append(seat)
        return seats.count - 1
    }

    /// Removes a client. No further message is expected to reach it.
    func leave(_ seat: Int) {
        if case .alone(let walker) = seats[seat]!.place { freeWalkers.append(walker) }
        seats[seat] = nil
        freeSeats.append(seat)
    }

    /// What a client has got until now. To be asked before it leaves, and only if the audience keeps it.
    func progress(_ seat: Int) -> Progress {
        let seated = seats[seat]!
        let start = starts[Int(seated.start)]
        switch seated.place {
        case .nowhere:
            return Progress(
                order: SenderOrder(senders: transcript.order.next.count, next: SenderOrder.unknown), seen: start)
        case .along(let index, _):
            return Progress(order: transcript.order(at: index), seen: transcript.seen(at: index, from: start))
        case .alone(let walker): return Progress(order: walkers[walker].order, seen: walkers[walker].seen)
        }
    }

    func setTimed(_ isTimed: Bool, _ seat: Int) {
        seats[seat]!.isTimed = isTimed
    }

    // MARK: Reading

    /// What a client's bytes turned out to be.
    struct Outcome {
        /// How many bytes were used: whole messages and words. The caller has to give the others once more, with the
        /// bytes that follow.
        var used = 0
        /// A word, which ends at `used`.
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

    /// Compares with the transcript as far as the bytes are the same.
    ///
    /// - Returns: how many bytes were the same; 0 if the next message differs, -1 if the bytes end within it.
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

    /// Compares one message. Some of the bytes differ from the transcript, but perhaps not those of the next message.
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
                    transcript.append(frame, number, name: keepsProgress ? dialect.name(of: frame) : nil)
                    seats[seat]!.place = .along(index: index + 1, offset: transcript.end)
                    deliver(sentAt: number.sentAt, seat, at: now)
                    if transcript.isFull { dropBeginning() }
                    return
                }
            } else if isEntry(index, number) {
                // The message is the same in other bytes, since the server may add fields to it.
                seats[seat]!.place = .along(index: index + 1, offset: transcript[index].end)
                deliver(sentAt: number.sentAt, seat, at: now)
                return
            }
        }
        walk(number, seat, at: now)
        if keepsProgress, case .alone(let walker)? = seats[seat]?.place, let name = dialect.name(of: frame) {
            walkers[walker].seen[name.origin] = max(walkers[walker].seen[name.origin] ?? 0, name.sequence)
        }
    }

    private func isEntry(_ index: Int, _ number: MessageNumber) -> Bool {
        let entry = transcript[index]
        return entry.sequence == number.sequence && entry.sender == UInt32(number.sender)
    }

    /// Handles the first message of a client that joined while messages were sent. No message that was sent after the
    /// client joined may lie before it.
    private func begin(_ seat: Int, with number: MessageNumber) {
        let index: Int
        if let known = transcript.index(of: number) {
            index = known
        } else if transcript.order.isNext(number) {
            index = transcript.endIndex
        } else {
            // The message is ahead of everything that this server has delivered so far.
            let order = SenderOrder(senders: transcript.order.next.count, next: SenderOrder.unknown)
            seats[seat]!.place = .alone(newWalker(Walker(order: order, seen: starts[Int(seats[seat]!.start)])))
            return
        }
        faults.lost += transcript.count(before: index, sentFrom: seats[seat]!.joinedAt)
        seats[seat]!.place = .along(index: index, offset: transcript.beginning(of: index))
    }

    private func walk(_ number: MessageNumber, _ seat: Int, at now: UInt64) {
        let walker = walkAlone(seat)
        switch walkers[walker].order.take(number) {
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

    /// Takes a client out of the transcript, unless it has left it already.
    ///
    /// - Returns: its index in `walkers`.
    private func walkAlone(_ seat: Int) -> Int {
        if case .alone(let walker) = seats[seat]!.place { return walker }
        let progress = progress(seat)
        let walker = newWalker(Walker(order: progress.order, seen: progress.seen))
        seats[seat]!.place = .alone(walker)
        return walker
    }

    private func newWalker(_ walker: Walker) -> Int {
        if let free = freeWalkers.popLast() {
            walkers[free] = walker
            return free
        }
        walkers.append(walker)
        return walkers.count - 1
    }

    /// Drops the beginning of the transcript. A client that is still there leaves the transcript.
    private func dropBeginning() {
        let first = transcript.firstToKeep()
        for seat in seats.indices {
            if case .along(let index, _)? = seats[seat]?.place, index < first { _ = walkAlone(seat) }
        }
        transcript.drop(before: first)
    }

    // MARK: Missing deliveries

    /// How many deliveries are missing, if each sender has sent this many messages. When nothing more comes, these are
    /// lost.
    func missing(ofSent sent: [UInt32]) -> Int {
        var count = 0
        let unwritten = transcript.order.lost(ofSent: sent)
        for case let seat? in seats {
            switch seat.place {
            case .nowhere: count += transcript.count(before: transcript.endIndex, sentFrom: seat.joinedAt)
            case .along(let index, _): count += transcript.endIndex - index + unwritten
            case .alone(let walker): count += walkers[walker].order.lost(ofSent: sent)
            }
        }
        return count
    }

    /// How many messages have reached a client since it joined.
    func received(_ seat: Int) -> Int {
        seats[seat]!.received
    }
}

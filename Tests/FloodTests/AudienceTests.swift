import Testing

@testable import Flood

/// The audience's checks of what clients receive.
@Suite struct AudienceTests {
    private let payloads = Payloads(run: 7, byteCount: 64)
    private let meter = Meter()

    private func audience(senders: Int = 1) -> Audience {
        Audience(payloads, CoppiceDialect(), senders: senders, meter: meter)
    }

    private func line(_ sequence: UInt32, of sender: Int = 0, sentAt: UInt64 = 0, tail: String = "") -> [UInt8] {
        var payload: [UInt8] = []
        payloads.append(MessageNumber(sender: sender, sequence: sequence, sentAt: sentAt), to: &payload)
        return Array(#"{"command":"ACTIVITY_BROADCAST","activity":{"flood":""#.utf8) + payload
            + Array("\"}\(tail)}\n".utf8)
    }

    /// Gives a client bytes, all of which have to be used.
    private func give(_ bytes: [UInt8], to seat: Int, of audience: Audience, at now: UInt64 = 100) {
        let outcome = audience.take(bytes.span.bytes, seat, of: Member(number: seat), at: now)
        #expect(outcome.used == bytes.count)
        #expect(outcome.word == nil && outcome.nonsense == nil)
    }

    @Test func `Clients that get everything in order miss nothing`() {
        let audience = audience()
        let seats = (0..<3).map { _ in audience.join(at: nil) }
        for seat in seats { give(line(0) + line(1) + line(2), to: seat, of: audience) }
        #expect(audience.missing(ofSent: [3]) == 0)
        #expect(audience.faults == Faults())
        #expect(meter.deliveries == 9)
        #expect(meter.latencies.count == 9)
    }

    @Test func `Messages may come in pieces of any size`() {
        let all = (0..<5).flatMap { line(UInt32($0)) }
        for size in 1..<all.count {
            let audience = audience()
            let leader = audience.join(at: nil)
            let follower = audience.join(at: nil)
            give(all, to: leader, of: audience)
            var rest: [UInt8] = []
            for start in stride(from: 0, to: all.count, by: size) {
                rest += all[start..<min(all.count, start + size)]
                let outcome = audience.take(rest.span.bytes, follower, of: Member(number: 1), at: 100)
                rest.removeFirst(outcome.used)
            }
            #expect(rest.isEmpty)
            #expect(audience.missing(ofSent: [5]) == 0)
        }
    }

    @Test func `A message that only one client never gets is lost`() {
        let audience = audience()
        let whole = audience.join(at: nil)
        let part = audience.join(at: nil)
        give(line(0) + line(1) + line(2) + line(3), to: whole, of: audience)
        give(line(0) + line(2), to: part, of: audience)
        #expect(audience.missing(ofSent: [4]) == 2)
        #expect(audience.faults == Faults())
    }

    @Test func `A message that nobody gets is lost for each client`() {
        let audience = audience()
        for seat in [audience.join(at: nil), audience.join(at: nil)] {
            give(line(0) + line(2), to: seat, of: audience)
        }
        #expect(audience.missing(ofSent: [4]) == 4)
    }

    @Test func `A message that comes twice is doubled, for the first client that gets it and for the others`() {
        let audience = audience()
        let first = audience.join(at: nil)
        let second = audience.join(at: nil)
        give(line(0) + line(0) + line(1), to: first, of: audience)
        give(line(0) + line(1) + line(1), to: second, of: audience)
        #expect(audience.faults.doubled == 2)
        #expect(audience.missing(ofSent: [2]) == 0)
    }

    @Test func `A message that comes after a later one of its sender is out of order`() {
        let audience = audience()
        let first = audience.join(at: nil)
        let second = audience.join(at: nil)
        give(line(0) + line(1) + line(2), to: first, of: audience)
        give(line(0) + line(2) + line(1), to: second, of: audience)
        #expect(audience.faults == Faults(outOfOrder: 1))
        #expect(audience.missing(ofSent: [3]) == 0)
    }

    @Test func `Two senders may come in another order to each client`() {
        let audience = audience(senders: 2)
        let first = audience.join(at: nil)
        let second = audience.join(at: nil)
        give(line(0) + line(0, of: 1) + line(1), to: first, of: audience)
        give(line(0, of: 1) + line(0) + line(1), to: second, of: audience)
        #expect(audience.faults == Faults())
        #expect(audience.missing(ofSent: [2, 1]) == 0)
    }

    @Test func `One changed byte of the text, or of the number, is noticed`() {
        for place in [60, 75, 100, 112] {
            let audience = audience()
            let first = audience.join(at: nil)
            let second = audience.join(at: nil)
            give(line(0) + line(1), to: first, of: audience)
            var damaged = line(0)
            damaged[place] ^= 1
            give(damaged + line(1), to: second, of: audience)
            #expect(audience.faults.total + audience.missing(ofSent: [2]) > 0, "byte \(place)")
        }
    }

    @Test func `Fields that differ between clients are no fault`() {
        let audience = audience()
        let first = audience.join(at: nil)
        let second = audience.join(at: nil)
        give(line(0, tail: #","copies":1"#) + line(1), to: first, of: audience)
        give(line(0, tail: #","copies":2"#) + line(1), to: second, of: audience)
        #expect(audience.faults == Faults())
        #expect(audience.missing(ofSent: [2]) == 0)
    }

    @Test func `A client that joins later has to get the messages sent since, and no earlier ones`() {
        let audience = audience()
        let first = audience.join(at: nil)
        give(line(0, sentAt: 10) + line(1, sentAt: 20) + line(2, sentAt: 30), to: first, of: audience)
        let onTime = audience.join(at: 25)
        give(line(2, sentAt: 30), to: onTime, of: audience)
        #expect(audience.missing(ofSent: [3]) == 0)
        #expect(audience.faults == Faults())
        let late = audience.join(at: 15)
        give(line(2, sentAt: 30), to: late, of: audience)
        #expect(audience.faults.lost == 1)
        _ = audience.join(at: 5)
        #expect(audience.missing(ofSent: [3]) == 3)
    }

    @Test func `No delivery is missing for a client that has left`() {
        let audience = audience()
        let first = audience.join(at: nil)
        let second = audience.join(at: nil)
        give(line(0), to: first, of: audience)
        audience.leave(second)
        #expect(audience.missing(ofSent: [1]) == 0)
    }

    @Test func `Messages of another run are left alone`() {
        let audience = audience()
        let seat = audience.join(at: nil)
        var payload: [UInt8] = []
        Payloads(run: 8, byteCount: 64).append(MessageNumber(sender: 0, sequence: 0, sentAt: 0), to: &payload)
        let foreign =
            Array(#"{"command":"ACTIVITY_BROADCAST","activity":{"flood":""#.utf8) + payload + Array("\"}}\n".utf8)
        give(foreign + line(0), to: seat, of: audience)
        #expect(meter.foreign == 1)
        #expect(audience.faults == Faults())
        #expect(audience.missing(ofSent: [1]) == 0)
    }

    private func named(_ sequence: UInt32, of sender: Int = 0, _ name: String) -> [UInt8] {
        line(sequence, of: sender, tail: #","id":"\#(name)""#)
    }

    private func audience(keptBytes: Int) -> Audience {
        Audience(payloads, CoppiceDialect(), senders: 2, meter: meter, keptBytes: keptBytes, keepsProgress: true)
    }

    @Test func `A client that goes on elsewhere says what it has seen, and has to get the rest once`() {
        let audience = audience(keptBytes: 1 << 20)
        let first = audience.join(at: nil, seen: ["a": 4, "c": 9])
        let second = audience.join(at: nil, seen: ["a": 4, "c": 9])
        give(
            named(0, "a.5") + named(0, of: 1, "b.1") + named(1, "a.6") + named(2, "a.7"), to: first, of: audience)
        give(named(0, "a.5") + named(0, of: 1, "b.1"), to: second, of: audience)
        #expect(audience.progress(first).seen == ["a": 7, "b": 1, "c": 9])
        let progress = audience.progress(second)
        #expect(progress.seen == ["a": 5, "b": 1, "c": 9])
        audience.leave(second)
        #expect(audience.missing(ofSent: [3, 1]) == 0)

        let other = self.audience(keptBytes: 1 << 20)
        let seat = other.join(progress, at: 50)
        #expect(other.missing(ofSent: [3, 1]) == 2)
        give(named(1, "a.6"), to: seat, of: other)
        #expect(other.progress(seat).seen == ["a": 6, "b": 1, "c": 9])
        give(named(0, of: 1, "b.1"), to: seat, of: other)
        #expect(other.faults.doubled == 1)
        #expect(other.missing(ofSent: [3, 1]) == 1)
    }

    @Test func `What has been dropped of the transcript counts as seen`() {
        let audience = audience(keptBytes: 1024)
        let seat = audience.join(at: nil, seen: [:])
        give(named(0, of: 1, "b.1"), to: seat, of: audience)
        for sequence in 0..<50 { give(named(UInt32(sequence), "a.\(sequence + 1)"), to: seat, of: audience) }
        #expect(audience.progress(seat).seen == ["a": 50, "b": 1])
    }

    @Test func `A client that is far behind the others is still checked`() {
        let audience = Audience(payloads, CoppiceDialect(), senders: 1, meter: meter, keptBytes: 4096)
        let first = audience.join(at: nil)
        let slow = audience.join(at: nil)
        let count: UInt32 = 100
        for sequence in 0..<count { give(line(sequence), to: first, of: audience) }
        #expect(audience.missing(ofSent: [count]) == Int(count))
        give(line(0) + line(1) + line(3), to: slow, of: audience)
        #expect(audience.missing(ofSent: [count]) == Int(count) - 3)
        #expect(audience.faults == Faults())
    }
}

import Testing
import Tree
import UV

@testable import Host

@Suite struct `What is read of each client in a turn` {
    private let whole = UVLimits.readBufferBytes
    private let sharing = Settings.Sharing()

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: 0) + .milliseconds(milliseconds) }

    /// One turn in which a loud client says a whole piece, which takes so long to handle.
    ///
    /// - Returns: whether loud clients wait in the next turn.
    private func loudTurn(
        _ share: inout ReadingShare, microseconds: UInt64, listeners: Int = 0, at now: Instant
    ) -> Bool {
        let isToWait = share.didHandle(share.bytes, in: microseconds * 1000, at: now)
        return !share.turnEnded(listeners: listeners, at: now) && isToWait
    }

    private func ended(
        _ share: inout ReadingShare, listeners: Int = 0, waiting: Int = 0, at now: Instant
    ) -> Bool {
        share.turnEnded(listeners: listeners, waiting: waiting, at: now)
    }

    private func read(_ share: inout ReadingShare, _ count: Int, _ loudReads: UInt8, at now: Instant) -> UInt8 {
        share.didRead(count, loudReads, at: now)
    }

    private func quietWord(_ share: inout ReadingShare, at now: Instant) {
        #expect(read(&share, 100, 0, at: now) == 0)
    }

    @Test func `is all that the buffer holds, all the time, for clients that are loud among themselves`() {
        var share = ReadingShare(sharing)
        for turn in 1...100 {
            #expect(loudTurn(&share, microseconds: 9000, listeners: 1000, at: at(Int64(turn))) == false)
            #expect(share.bytes == whole)
        }
    }

    @Test func `takes a few full reads in a row to count as loud`() {
        var share = ReadingShare(sharing)
        var reads: UInt8 = 0
        for _ in 1..<sharing.loudReads {
            reads = share.didRead(whole, reads, at: at(1))
            #expect(!share.isLoud(reads))
        }
        reads = share.didRead(whole, reads, at: at(1))
        #expect(share.isLoud(reads))
        for _ in 0..<300 { reads = share.didRead(whole, reads, at: at(1)) }
        #expect(share.isLoud(reads))
        #expect(read(&share, sharing.quietBytes, reads, at: at(1)) == 0)
    }

    /// As records of TLS that each hold hundreds of logins: they come one by one, and fill no buffer.
    @Test func `makes a client loud that takes long to handle, however little it is`() {
        var share = ReadingShare(sharing)
        let record = 16_384 + 22
        let (long, short) = (UInt64(sharing.loudTime), UInt64(sharing.loudTime) - 1)
        var reads: UInt8 = 0
        for _ in 0..<sharing.loudReads {
            #expect(!share.isLoud(reads))
            reads = share.didTake(record, in: long, read(&share, record, reads, at: at(1)))
        }
        #expect(share.isLoud(reads))
        // It stays loud until a read is handled quickly.
        reads = read(&share, record, reads, at: at(1))
        #expect(share.isLoud(reads))
        #expect(share.didTake(record, in: short, reads) == 0)
        // What a quiet client says is not weighed, and what fills a buffer is loud in any case.
        #expect(share.didTake(sharing.quietBytes, in: long, 0) == 0)
        #expect(share.didTake(whole, in: short, 2) == 2)
        // One that takes as long as four is enough.
        #expect(share.isLoud(share.didTake(record, in: 4 * long, 0)))
    }

    /// The kernel keeps no more of one that is read seldom, as one that logs in again and again.
    @Test func `that is half of the buffer makes a client loud, too`() {
        var share = ReadingShare(sharing)
        var reads: UInt8 = 0
        for _ in 0..<sharing.loudReads { reads = share.didRead(whole / 2, reads, at: at(1)) }
        #expect(share.isLoud(reads))
    }

    @Test func `is beside a quiet client what takes half a millisecond`() {
        var share = ReadingShare(sharing)
        _ = loudTurn(&share, microseconds: 8000, at: at(1))
        quietWord(&share, at: at(2))
        for turn in 3...60 {
            let time = UInt64(share.bytes) * 8000 / UInt64(whole)
            _ = loudTurn(&share, microseconds: time, at: at(Int64(turn)))
        }
        #expect(abs(share.bytes - whole / 16) < whole / 160)
    }

    @Test func `is the less, the more clients hear it`() {
        var few = ReadingShare(sharing)
        var many = ReadingShare(sharing)
        quietWord(&few, at: at(1))
        quietWord(&many, at: at(1))
        for turn in 1...60 {
            _ = loudTurn(&few, microseconds: 10, listeners: 100, at: at(Int64(turn)))
            _ = loudTurn(&many, microseconds: 10, listeners: 10_000, at: at(Int64(turn)))
        }
        #expect(many.bytes == sharing.leastBytes)
        #expect(few.bytes > 7 * many.bytes)
    }

    @Test func `costs loud clients no more than their part of the time`() {
        var share = ReadingShare(sharing)
        quietWord(&share, at: at(0))
        var spent = 0
        var waits = false
        for millisecond in 1...1000 {
            if waits {
                waits = !share.turnEnded(listeners: 0, at: at(Int64(millisecond)))
            } else {
                spent += 1000
                waits = loudTurn(&share, microseconds: 1000, at: at(Int64(millisecond)))
            }
        }
        #expect(abs(Double(spent) / 1e6 - sharing.share) < 0.02)
    }

    @Test func `is nothing of loud clients while many listeners lag, and there is a quiet client`() {
        var share = ReadingShare(sharing)
        #expect(ended(&share, listeners: 100, waiting: 90, at: at(1)) == true)
        quietWord(&share, at: at(1))
        #expect(ended(&share, listeners: 100, waiting: 25, at: at(2)) == true)
        #expect(ended(&share, listeners: 100, waiting: 26, at: at(3)) == false)
        // A single one that doesn't read holds nobody back.
        #expect(ended(&share, listeners: 2, waiting: 1, at: at(4)) == true)
    }

    @Test func `is everything again once nobody quiet has said anything for a while`() {
        var share = ReadingShare(sharing)
        _ = loudTurn(&share, microseconds: 8000, at: at(1))
        quietWord(&share, at: at(1))
        #expect(loudTurn(&share, microseconds: 8000, at: at(2)) == true)
        #expect(share.bytes < whole)
        #expect(ended(&share, listeners: 0, at: at(2001)) == true)
        #expect(share.bytes == whole)
    }

    @Test func `isn't a quiet client's doing when a loud one has little left to say`() {
        var share = ReadingShare(sharing)
        #expect(read(&share, 10, 9, at: at(1)) == 0)
        #expect(loudTurn(&share, microseconds: 9000, at: at(2)) == false)
        #expect(share.bytes == whole)
    }
}

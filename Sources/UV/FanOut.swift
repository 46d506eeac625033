import CLibUV

/// Streams that are given the same bytes, each from where it has got to.
///
/// The bytes lie in one place, at positions that only grow; a member is a cursor into them. Nothing is copied or queued
/// for a member, and serving one that is behind is one `uv_try_write` of all that it lacks:
///
/// ```
///   bytes    ────────────────────────────────────┬──── limit
///               ^ waits                          ^ nearly everybody: one piece, looked up once
///   members  [ handle position tag ][ handle position tag ][ …      24 bytes each, one behind the other
/// ```
/// With thousands of members the sweep over them is the program's hot loop, so it walks one array of plain numbers: no
/// object is touched, retained or called for a member that is served at once.
///
/// It knows nothing of what the bytes mean. A member whose kernel buffer is full is told to its owner and left alone
/// from then on, until the owner says that it goes on. A stream has to be taken out before it is closed.
public struct FanOut {
    private struct Member {
        let stream: UnsafeMutablePointer<uv_stream_t>
        /// The next byte that this member hasn't been given.
        var position: UInt64
        let tag: UInt32
        var isWaiting: Bool
    }

    /// What a sweep could not settle by itself.
    public enum Trouble: Equatable {
        /// The kernel took no more of this member's bytes, or the connection is broken.
        case full(tag: UInt32)
        /// This member's next byte is no longer there, or it waits for too long.
        case behind(tag: UInt32)
    }

    private var members: [Member] = []
    /// Who comes first in the next slice: so nobody is always last.
    private var next = 0
    /// How many are still to be looked at in the sweep under way.
    private var left = 0
    /// Bytes that were given out since the start.
    public private(set) var bytesWritten: UInt64 = 0

    public init() {}

    public var count: Int { members.count }

    /// There are members that the sweep under way has not come to.
    public var hasWork: Bool { left > 0 }

    /// - Parameter tag: how the member's owner knows it.
    public mutating func add(_ stream: Stream, tag: UInt32, at position: UInt64) {
        precondition(stream.place < 0 && !stream.isClosed, "a stream is in one fan-out at a time, and open")
        stream.place = Int32(members.count)
        members.append(Member(stream: stream.tcp.stream, position: position, tag: tag, isWaiting: false))
    }

    /// Takes a member out; does nothing with any other stream.
    public mutating func remove(_ stream: Stream) {
        guard stream.place >= 0 else { return }
        let last = members.removeLast()
        if last.stream != stream.tcp.stream {
            members[Int(stream.place)] = last
            withOwner(last.stream.pointee.data, as: Stream.self) { $0.place = stream.place }
        }
        stream.place = -1
        // Whoever took its place may not have had its turn: the sweep under way looks at everybody once more.
        if left > 0 { left = members.count }
    }

    /// How far a member has got; `nil` for a stream that is none.
    public func position(of stream: Stream) -> UInt64? {
        stream.place < 0 ? nil : members[Int(stream.place)].position
    }

    /// Says that a member waits, after its owner gave it everything before a position, or goes on from there.
    public mutating func place(_ stream: Stream, at position: UInt64, isWaiting: Bool) {
        members[Int(stream.place)].position = position
        members[Int(stream.place)].isWaiting = isWaiting
    }

    /// Something new is there: everybody is to be looked at once more.
    public mutating func beginSweep() {
        left = members.count
    }

    /// Goes on with the sweep until everybody was looked at or the time is up.
    ///
    /// - Parameters:
    ///   - floor: the first byte that is still there.
    ///   - patience: a member that waits before this position is told to be behind, too.
    ///   - limit: the end of the bytes that may be given out.
    ///   - deadline: on the monotonic clock, in nanoseconds.
    ///   - read: lends the bytes from a position on, as far as they are one piece before `limit`.
    /// - Returns: whom the owner has to see to; each is waiting from now on.
    public mutating func serve(
        from floor: UInt64, patientFrom patience: UInt64, upTo limit: UInt64, until deadline: UInt64,
        _ read: (_ position: UInt64, _ give: (Span<UInt8>) -> Void) -> Void
    ) -> [Trouble] {
        var troubles: [Trouble] = []
        left = min(left, members.count)
        var budget = UVLimits.writesPerLook
        while let position = nextBehind(floor, patience, limit, &troubles) {
            read(position) { piece in
                piece.withUnsafeBytes { give($0, at: position, upTo: limit, &budget, &troubles) }
            }
            if budget == 0 {
                if Loop.monotonicNanoseconds > deadline { break }
                budget = UVLimits.writesPerLook
            }
        }
        return troubles
    }

    /// Passes over those who need nothing; the position of the one that does.
    private mutating func nextBehind(
        _ floor: UInt64, _ patience: UInt64, _ limit: UInt64, _ troubles: inout [Trouble]
    ) -> UInt64? {
        while left > 0 {
            if next >= members.count { next = 0 }
            let member = members[next]
            if member.position < (member.isWaiting ? max(floor, patience) : floor) {
                members[next].isWaiting = true
                troubles.append(.behind(tag: member.tag))
            } else if !member.isWaiting, member.position < limit {
                return member.position
            }
            next += 1
            left -= 1
        }
        return nil
    }

    /// Gives a piece to the next member and to all behind it that are at the same position.
    private mutating func give(
        _ piece: UnsafeRawBufferPointer, at position: UInt64, upTo limit: UInt64, _ budget: inout Int,
        _ troubles: inout [Trouble]
    ) {
        let base = UnsafeMutableRawPointer(mutating: piece.baseAddress!).assumingMemoryBound(to: CChar.self)
        var buffer = uv_buf_t(base: base, len: piece.count)
        var (next, left, written) = (next, left, bytesWritten)
        members.withUnsafeMutableBufferPointer { members in
            while left > 0, budget > 0 {
                if next >= members.count { next = 0 }
                // Somebody else's turn is the caller's, who passes over them or looks up their piece.
                guard members[next].position == position, !members[next].isWaiting else { return }
                let taken = uv_try_write(members[next].stream, &buffer, 1)
                budget -= 1
                if taken > 0 {
                    members[next].position = position + UInt64(taken)
                    written += UInt64(taken)
                }
                if Int(taken) < piece.count {
                    members[next].isWaiting = true
                    troubles.append(.full(tag: members[next].tag))
                } else if members[next].position < limit {
                    // The bytes go on in another piece.
                    return
                }
                next += 1
                left -= 1
            }
        }
        (self.next, self.left, bytesWritten) = (next, left, written)
    }
}

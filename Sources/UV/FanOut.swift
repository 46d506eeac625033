import CLibUV

/// How far the members of a fan-out lag.
public struct FanOutLag: Equatable, Sendable {
    /// Members that lack something.
    public private(set) var members = 0
    /// Bytes that the one which lacks most lacks.
    public private(set) var mostBytes: UInt64 = 0

    public init() {}

    mutating func add(_ position: UInt64, of limit: UInt64) {
        guard position < limit else { return }
        members += 1
        mostBytes = max(mostBytes, limit - position)
    }

    public static func + (one: FanOutLag, other: FanOutLag) -> FanOutLag {
        var sum = one
        sum.members += other.members
        sum.mostBytes = max(one.mostBytes, other.mostBytes)
        return sum
    }
}

/// Streams that get the same bytes. Each has its own position in them.
///
/// The bytes lie in one place, at positions that only grow. A member is a cursor into them. Nothing is copied or queued
/// for a member. A member that is behind is served by one `uv_try_write` of all that it lacks:
///
/// ```
///   bytes    ────────────────────────────────────┬──── limit
///               ^ waits                          ^ nearly everybody: one piece, looked up once
///   members  [ handle position tag ][ handle position tag ][ …      24 bytes each, one behind the other
/// ```
/// With thousands of members, the sweep over them is the program's hot loop. So it walks one array of plain numbers: no
/// object is touched, retained or called for a member that is served at once.
///
/// With a `Framing`, the bytes are cut into pieces, and a few bytes are sent before each of them: a header, which is
/// made once for all members that get the piece. Something else may be sent in a piece's place. One system call sends
/// as many pieces as there are. A piece is sent whole or, by its owner, to its end: positions are always between two
/// pieces.
///
/// A `FanOut` doesn't know what the bytes mean. If a member's kernel buffer is full, the owner is told, and the member
/// gets nothing until the owner calls `place`. A stream has to be removed before it is closed.
public struct FanOut {
    private struct Member {
        let stream: UnsafeMutablePointer<uv_stream_t>
        /// The next byte that this member hasn't been given.
        var position: UInt64
        let tag: UInt32
        var isWaiting: Bool
    }

    /// Why a sweep left a member to its owner.
    public enum Trouble: Equatable {
        /// The kernel took no more of this member's bytes, or the connection is broken. With a framing, the kernel may
        /// have taken `begun` bytes of a header and its piece, which count nothing in the member's position.
        case full(tag: UInt32, begun: Int)
        /// This member's next byte is no longer kept, or the member has waited for too long.
        case behind(tag: UInt32)
    }

    private var members: [Member] = []
    /// The member with which the next slice begins, so that no member is always last.
    private var next = 0
    /// How many members the present sweep has still to look at.
    private var left = 0
    /// Bytes that were written since the start.
    public private(set) var bytesWritten: UInt64 = 0
    private let framing: Framing?

    /// - Parameter framing: what is sent between the bytes; nil for nothing.
    public init(framing: Framing? = nil) {
        self.framing = framing
    }

    public var count: Int { members.count }

    /// How many members wait until the kernel takes more of their bytes.
    public private(set) var waiting = 0

    /// Whether the present sweep has members left to look at.
    public var hasWork: Bool { left > 0 }

    /// How far the members are from the end of the bytes that may be given out. It looks at each of them.
    public func lag(behind limit: UInt64) -> FanOutLag {
        var lag = FanOutLag()
        for member in members { lag.add(member.position, of: limit) }
        return lag
    }

    /// - Parameter tag: the number by which the owner knows the member.
    public mutating func add(_ stream: Stream, tag: UInt32, at position: UInt64) {
        precondition(stream.fanOutIndex < 0 && !stream.isClosed, "a stream is in one fan-out at a time, and open")
        stream.fanOutIndex = Int32(members.count)
        members.append(Member(stream: stream.tcp.stream, position: position, tag: tag, isWaiting: false))
    }

    /// Removes a member. Does nothing if the stream is no member.
    public mutating func remove(_ stream: Stream) {
        guard stream.fanOutIndex >= 0 else { return }
        if members[Int(stream.fanOutIndex)].isWaiting { waiting -= 1 }
        let last = members.removeLast()
        if last.stream != stream.tcp.stream {
            members[Int(stream.fanOutIndex)] = last
            withOwner(last.stream.pointee.data, as: Stream.self) { $0.fanOutIndex = stream.fanOutIndex }
        }
        stream.fanOutIndex = -1
        // The last member took the removed one's index, and may not have had its turn. So the present sweep looks at
        // all members once more.
        if left > 0 { left = members.count }
    }

    /// The next byte that a member hasn't been given; `nil` for a stream that is no member.
    public func position(of stream: Stream) -> UInt64? {
        stream.fanOutIndex < 0 ? nil : members[Int(stream.fanOutIndex)].position
    }

    /// Moves a member to a position. It either waits there, after its owner gave it everything before, or is served
    /// from there.
    public mutating func place(_ stream: Stream, at position: UInt64, isWaiting: Bool) {
        members[Int(stream.fanOutIndex)].position = position
        if members[Int(stream.fanOutIndex)].isWaiting != isWaiting { waiting += isWaiting ? 1 : -1 }
        members[Int(stream.fanOutIndex)].isWaiting = isWaiting
    }

    /// New bytes have come: all members have to be looked at once more.
    public mutating func beginSweep() {
        left = members.count
    }

    /// Continues the sweep until all members were looked at or the deadline has passed.
    ///
    /// - Parameters:
    ///   - floor: the position of the first byte that is still kept.
    ///   - patience: a waiting member before this position is reported as behind, too.
    ///   - limit: the end of the bytes that may be given out.
    ///   - deadline: on the monotonic clock, in nanoseconds.
    ///   - read: lends the bytes from a position on, as far as they lie in one piece before `limit`.
    /// - Returns: the members that need the owner's attention. From now on each of them waits.
    public mutating func serve(
        from floor: UInt64, patientFrom patience: UInt64, upTo limit: UInt64, until deadline: UInt64,
        _ read: (_ position: UInt64, _ give: (Span<UInt8>) -> Void) -> Void
    ) -> [Trouble] {
        var troubles: [Trouble] = []
        left = min(left, members.count)
        var budget = UVLimits.writesPerLook
        while let position = nextBehind(floor, patience, limit, &troubles) {
            read(position) { bytes in
                let framed = framing.map { FramedPieces(bytes, at: position, $0) }
                bytes.withUnsafeBytes { give($0, framed, at: position, upTo: limit, &budget, &troubles) }
            }
            if budget == 0 {
                if Loop.monotonicNanoseconds > deadline { break }
                budget = UVLimits.writesPerLook
            }
        }
        return troubles
    }

    /// Skips the members that need nothing. Returns the position of the first one that does.
    private mutating func nextBehind(
        _ floor: UInt64, _ patience: UInt64, _ limit: UInt64, _ troubles: inout [Trouble]
    ) -> UInt64? {
        while left > 0 {
            if next >= members.count { next = 0 }
            let member = members[next]
            if member.position < (member.isWaiting ? max(floor, patience) : floor) {
                if !member.isWaiting { waiting += 1 }
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

    /// Gives bytes to the next member and to those after it that are at the same position.
    private mutating func give(
        _ bytes: UnsafeRawBufferPointer, _ framed: FramedPieces?, at position: UInt64, upTo limit: UInt64,
        _ budget: inout Int, _ troubles: inout [Trouble]
    ) {
        let count = framed?.pieceBytes ?? bytes.count
        let total = framed?.count ?? count
        var (next, left, written, waiting) = (next, left, bytesWritten, waiting)
        withBuffers(framed, bytes) { buffers in
            members.withUnsafeMutableBufferPointer { members in
                while left > 0, budget > 0 {
                    if next >= members.count { next = 0 }
                    // `serve` decides about a member that waits or is at another position.
                    guard members[next].position == position, !members[next].isWaiting else { return }
                    let taken = Int(uv_try_write(members[next].stream, buffers.baseAddress!, UInt32(buffers.count)))
                    budget -= 1
                    if taken > 0 { written += UInt64(taken) }
                    if taken == total {
                        members[next].position = position + UInt64(count)
                        // The next bytes lie elsewhere.
                        if members[next].position < limit { return }
                    } else {
                        let sent = framed.map { $0.sent(of: max(0, taken)) } ?? (whole: max(0, taken), begun: 0)
                        members[next].position = position + UInt64(sent.whole)
                        members[next].isWaiting = true
                        waiting += 1
                        troubles.append(.full(tag: members[next].tag, begun: sent.begun))
                    }
                    next += 1
                    left -= 1
                }
            }
        }
        (self.next, self.left, bytesWritten, self.waiting) = (next, left, written, waiting)
    }
}

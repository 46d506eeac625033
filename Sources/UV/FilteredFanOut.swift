/// A `FanOut` for streams with a filter, and others that get bytes of their own. Each stream is a cursor into the same
/// bytes.
///
/// Each member's bytes are made for it, as by a filter that encrypts them anew. So a piece is made when the kernel
/// takes it: at most one piece of a member waits for the kernel, and the rest waits as a cursor. This type stands apart
/// from `FanOut`, so that the sweep over plain members need not ask about filters.
public struct FilteredFanOut {
    private struct Member {
        let stream: Stream
        /// The next byte that this member hasn't been given.
        var position: UInt64
        let tag: UInt32
        /// A piece of it waits for the kernel.
        var isWaiting = false
    }

    private var members: [Member] = []
    /// The member with which the next slice begins, so that no member is always last.
    private var next = 0
    /// How many members the present sweep has still to look at.
    private var left = 0

    public init() {}

    public var count: Int { members.count }

    /// Whether the present sweep has members left to look at.
    public var hasWork: Bool { left > 0 }

    /// How far the members are from the end of the bytes that may be given out. It looks at each of them.
    public func lag(behind limit: UInt64) -> FanOutLag {
        var lag = FanOutLag()
        for member in members { lag.add(member.position, of: limit) }
        return lag
    }

    /// The next byte that a member hasn't been given; nil for a stream that is no member.
    public func position(of stream: Stream) -> UInt64? {
        stream.fanOutIndex < 0 ? nil : members[Int(stream.fanOutIndex)].position
    }

    /// - Parameter tag: the number by which the owner knows the member.
    public mutating func add(_ stream: Stream, tag: UInt32, at position: UInt64) {
        precondition(stream.fanOutIndex < 0 && !stream.isClosed, "a stream is in one fan-out at a time")
        stream.fanOutIndex = Int32(members.count)
        members.append(Member(stream: stream, position: position, tag: tag))
    }

    /// Removes a member. Does nothing if the stream is no member.
    public mutating func remove(_ stream: Stream) {
        guard stream.fanOutIndex >= 0 else { return }
        let last = members.removeLast()
        if last.stream !== stream {
            members[Int(stream.fanOutIndex)] = last
            last.stream.fanOutIndex = stream.fanOutIndex
        }
        stream.fanOutIndex = -1
        // The last member took the removed one's index, and may not have had its turn.
        if left > 0 { left = members.count }
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
    ///   - give: writes a piece from a position on to a stream, and answers how many bytes it has. It must not change
    ///     the fan-out.
    /// - Returns: the tags of members whose next byte is no longer kept, or that have waited for too long. From now on
    ///   they wait.
    public mutating func serve(
        from floor: UInt64, patientFrom patience: UInt64, upTo limit: UInt64, until deadline: UInt64,
        _ give: (_ stream: Stream, _ position: UInt64) -> Int
    ) -> [UInt32] {
        var behind: [UInt32] = []
        left = min(left, members.count)
        var budget = UVLimits.filteredWritesPerLook
        while left > 0 {
            if next >= members.count { next = 0 }
            let member = members[next]
            if member.position < (member.isWaiting ? max(floor, patience) : floor) {
                members[next].isWaiting = true
                behind.append(member.tag)
            } else if !member.isWaiting, member.position < limit {
                budget -= Self.serve(&members[next], upTo: limit, give)
            }
            next += 1
            left -= 1
            if budget <= 0 {
                if Loop.monotonicNanoseconds > deadline { break }
                budget = UVLimits.filteredWritesPerLook
            }
        }
        return behind
    }

    /// The kernel has taken the piece that waited for a member: the member gets the next bytes.
    public mutating func advance(
        _ stream: Stream, from floor: UInt64, upTo limit: UInt64, _ give: (_ stream: Stream, _ position: UInt64) -> Int
    ) {
        guard stream.fanOutIndex >= 0, members[Int(stream.fanOutIndex)].position >= floor else { return }
        _ = Self.serve(&members[Int(stream.fanOutIndex)], upTo: limit, give)
    }

    /// - Returns: how many pieces were written.
    private static func serve(_ member: inout Member, upTo limit: UInt64, _ give: (Stream, UInt64) -> Int) -> Int {
        var pieces = 0
        member.isWaiting = member.stream.queuedBytes > 0
        while !member.isWaiting, member.position < limit {
            member.position += UInt64(give(member.stream, member.position))
            pieces += 1
            member.isWaiting = member.stream.queuedBytes > 0
        }
        return pieces
    }
}

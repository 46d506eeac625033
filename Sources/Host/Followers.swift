import Tree
import UV

/// The clients that read the log by themselves: cursors, and nothing else an entry would have to be copied into.
///
/// At the end of a turn each one that is behind gets one write of everything up to the safe mark. A client whose kernel
/// buffer is full gets the rest of its line queued, and goes on from its cursor when that has gone.
struct Followers {
    struct Follower {
        let connection: Connection
        /// The next byte of the log that this client hasn't been given.
        var cursor: UInt64
        /// The kernel takes no more for now.
        var isBlocked: Bool
    }

    private var followers: [Follower] = []
    /// Who comes first in the next slice: so nobody is always last.
    private var next = 0
    /// How far everybody who isn't blocked has been served, as of the sweep under way.
    private var left = 0

    var count: Int { followers.count }

    mutating func add(_ connection: Connection, from cursor: UInt64) {
        connection.followerIndex = followers.count
        followers.append(Follower(connection: connection, cursor: cursor, isBlocked: false))
    }

    mutating func remove(_ connection: Connection) {
        guard let index = connection.followerIndex else { return }
        connection.followerIndex = nil
        let last = followers.removeLast()
        if last.connection !== connection {
            followers[index] = last
            last.connection.followerIndex = index
        }
    }

    mutating func unblock(_ connection: Connection) {
        if let index = connection.followerIndex { followers[index].isBlocked = false }
    }

    /// Something new can be read: everybody is to be looked at once more.
    mutating func beginSweep() {
        left = followers.count
    }

    var hasWork: Bool { left > 0 }

    /// Serves clients until all are served or the time is up.
    ///
    /// - Parameters:
    ///   - limit: the end of what clients may read.
    ///   - deadline: on the monotonic clock, in nanoseconds.
    /// - Returns: those whose cursor is before the log's first byte.
    mutating func serve(_ node: Node, upTo limit: UInt64, until deadline: UInt64) -> [Connection] {
        var fellBehind: [Connection] = []
        left = min(left, followers.count)
        var sinceCheck = 0
        while left > 0 {
            if next >= followers.count { next = 0 }
            if followers[next].cursor < node.readableStart {
                fellBehind.append(followers[next].connection)
            } else if !followers[next].isBlocked && followers[next].cursor < limit {
                serve(next, node, upTo: limit)
                sinceCheck += 1
            }
            next += 1
            left -= 1
            if sinceCheck == 64 {
                sinceCheck = 0
                if Loop.monotonicNanoseconds > deadline { break }
            }
        }
        return fellBehind
    }

    /// Serves one client at once, if it can be.
    mutating func serve(_ connection: Connection, _ node: Node, upTo limit: UInt64) {
        guard let index = connection.followerIndex, !followers[index].isBlocked, followers[index].cursor < limit,
            followers[index].cursor >= node.readableStart
        else { return }
        serve(index, node, upTo: limit)
    }

    private mutating func serve(_ index: Int, _ node: Node, upTo limit: UInt64) {
        while followers[index].cursor < limit {
            let stream = followers[index].connection.stream
            let (taken, isFull) = node.withReadable(from: followers[index].cursor, upTo: limit) { lines in
                // An error shows itself by the stream's end.
                let taken = (try? stream.tryWrite(lines)) ?? 0
                guard taken < lines.count else { return (taken, false) }
                // Whole lines only, since something else may be written next.
                var end = taken
                while end < lines.count && (end == 0 || end == taken || lines[end - 1] != UInt8(ascii: "\n")) {
                    end += 1
                }
                stream.write(lines.extracting(taken..<end))
                return (end, true)
            }
            followers[index].cursor += UInt64(taken)
            if isFull {
                followers[index].isBlocked = true
                return
            }
        }
    }
}

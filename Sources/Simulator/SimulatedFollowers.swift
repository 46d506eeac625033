import Tree

/// The clients that follow the entries that their node shows.
struct SimulatedFollowers {
    private var ends: [End] = []
    /// The lines that were sent last. They are kept, since most clients are at the same offset.
    private var flushed: (from: UInt64, to: UInt64, lines: [Line]) = (0, 0, [])

    mutating func add(_ end: End, from offset: UInt64) {
        end.follows = offset
        ends.append(end)
    }

    /// - Returns: the offset of what it would have been sent next; nil if it is none of them.
    @discardableResult
    mutating func remove(_ end: End) -> UInt64? {
        ends.removeAll { $0 === end }
        defer { end.follows = nil }
        return end.follows
    }

    /// Sends the lines that have become readable.
    mutating func flush(_ node: Node, of host: SimulatedHost) {
        guard !ends.isEmpty else { return }
        let to = node.readableEnd
        for end in ends where end.state == .open {
            guard let from = end.follows, from < to else { continue }
            if from < node.readableStart {
                end.follows = nil
                host.hear(.fellBehind(end))
                continue
            }
            guard !end.isToldCongested else { continue }
            if flushed.from != from || flushed.to != to { flushed = (from, to, node.lines(from: from, to: to)) }
            if host.world.setting.quirks.contains(.shortWrites), flushed.lines.count > 1 {
                let line = flushed.lines[0]
                host.world.network.send(.lines([line]), on: end)
                end.follows = from + UInt64(SimulatedFormat.length(of: line))
                host.wake(after: host.chance.within(5...2000) * microsecond)
                continue
            }
            host.world.network.send(.lines(flushed.lines), on: end)
            end.follows = to
        }
        ends.removeAll { $0.follows == nil }
    }
}

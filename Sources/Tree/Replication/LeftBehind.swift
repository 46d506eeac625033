/// Knows how a child is left behind that takes less than comes, where it may be (`--lag-policy gap`).
struct LeftBehind {
    private(set) var since: Instant?
    private var last = Instant(nanoseconds: 0)
    /// Entries that it was not sent, since it began to be left behind.
    private(set) var entries: UInt64 = 0

    var isSo: Bool { since != nil }

    /// - Returns: true if it wasn't so until now.
    mutating func left(out count: UInt64, at now: Instant) -> Bool {
        last = now
        entries += count
        guard since == nil else { return false }
        since = now
        return true
    }

    /// - Returns: how many entries were left out, once it has kept up for so long.
    mutating func keepsUp(for span: Duration, at now: Instant) -> UInt64? {
        guard since != nil, now - last >= span else { return nil }
        since = nil
        defer { entries = 0 }
        return entries
    }
}

// With `--lag-policy gap` nobody waits for a child: one that lags by more than the limit is told which entries it won't
// get, as if they were no longer kept, and goes on with what is new (docs/protocol.md#holding-back).
//
// Only what is safe is left out: as many nodes hold it as the network wants, so the promise of copies stands. A parent
// is never left behind: that would lose for everybody what this branch has said.

extension Node {
    /// Before links are fed.
    func leaveLaggingBehind() {
        guard configuration.lagPolicy == .gap else { return }
        for link in links where link.isNode && link.role == .child && link.sending.hasSentAll {
            if let left = link.leftBehind.keepsUp(for: limits.lagMemory, at: now.instant) {
                report(.childKeepsUp(link.contact, left: left))
            }
            guard link.sending.cursor < log.safe else { continue }
            let lag = log.offset(of: log.safe) - log.offset(of: link.sending.cursor)
            if lag > UInt64(limits.lagBytes) { leaveBehind(link) }
        }
    }

    /// Tells a child what it won't get, and goes on with what isn't safe yet.
    private func leaveBehind(_ link: Link) {
        var entries: UInt64 = 0
        for component in log.vector(at: log.safe).components {
            let number = log.number(of: component.origin)
            let passed = link.sending.passed[number]
            guard link.sending.pass(number, through: component.sequence) else { continue }
            tell(Log.Gap(origin: component.origin, from: passed + 1, through: component.sequence), on: link)
            entries += component.sequence - passed
        }
        link.sending.skip(to: log.safe)
        counters.leftOut(entries)
        if link.leftBehind.left(out: entries, at: now.instant) { report(.childLeftBehind(link.contact)) }
    }

    /// Children that are being left behind.
    var childrenLeftBehind: [Contact] {
        links.filter(\.leftBehind.isSo).map { withoutSecret($0.contact) }
    }
}

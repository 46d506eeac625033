/// Tracks how a slow child is left behind, where the policy allows that (`--lag-policy gap`).
struct LeftBehind {
    private(set) var since: Instant?
    private var last = Instant(nanoseconds: 0)
    /// Entries that were not sent to it, since it was first left behind.
    private(set) var entries: UInt64 = 0

    var isSo: Bool { since != nil }

    /// Entries were left out.
    ///
    /// - Returns: whether the child was not left behind until now.
    mutating func left(out count: UInt64, at now: Instant) -> Bool {
        last = now
        entries += count
        guard since == nil else { return false }
        since = now
        return true
    }

    /// - Returns: how many entries were left out, if it has kept up for `span` since; nil otherwise.
    mutating func keepsUp(for span: Duration, at now: Instant) -> UInt64? {
        guard since != nil, now - last >= span else { return nil }
        since = nil
        defer { entries = 0 }
        return entries
    }
}

// With `--lag-policy gap` no client waits for a child. A child that lags by more than the limit is told which entries
// it won't get, as if they were no longer kept, and then gets newer ones (docs/protocol.md#holding-back).
//
// Only safe entries are left out: enough nodes hold them, so the promise of copies stands. A parent is never left
// behind: then the whole tree would lose what this branch has said.

extension Node {
    /// Leaves children behind that lag too far. Done before links are fed.
    func leaveLaggingBehind() {
        guard configuration.lagPolicy == .gap else { return }
        for link in links where link.isNode && link.role == .child && link.sending.hasSentAll {
            if let left = link.leftBehind.keepsUp(for: Limits.lagMemory, at: now.instant) {
                report(.childKeepsUp(link.contact, left: left))
            }
            guard link.sending.cursor < log.safe else { continue }
            let lag = log.offset(of: log.safe) - log.offset(of: link.sending.cursor)
            if lag > UInt64(limits.lagBytes) { leaveBehind(link) }
        }
    }

    /// Tells a child which entries it won't get, and moves its cursor to the safe mark.
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

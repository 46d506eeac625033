/// Decides what is promised on a link, and when: no promise is sent before the entries that it covers.
struct Watermarks {
    /// What the other side has promised: every later entry on this link has a greater stamp. Nil before its first
    /// promise.
    private(set) var promised: Stamp?
    private var told: Stamp?
    /// A promise that is sent when the cursor has reached this position.
    private var owed: (at: LogPosition, value: Stamp)?

    // MARK: Being told

    /// The other side promises. A lower promise takes back an earlier one that it can't keep.
    ///
    /// - Returns: whether it is the first promise.
    @discardableResult
    mutating func received(_ promise: Stamp) -> Bool {
        defer { promised = promise }
        return promised == nil
    }

    // MARK: Telling

    /// Whether the other side may wait for a promise of this value: the last one doesn't cover all stored entries.
    ///
    /// - Parameter greatest: the greatest stamp that is stored.
    func isNews(_ value: Stamp, greatest: Stamp) -> Bool {
        guard let told else { return true }
        return value < told || (value > told && told < greatest)
    }

    /// Notes that a promise is about to be sent.
    ///
    /// - Returns: whether to send it; false if it repeats the last one.
    mutating func tells(_ value: Stamp) -> Bool {
        guard told != value else { return false }
        told = value
        return true
    }

    /// Keeps a promise for all entries up to `end`. It is sent when these have been.
    mutating func owe(_ value: Stamp, at end: LogPosition) { owed = (end, value) }

    /// Lowers a promise that has not been sent to a value that can be kept.
    mutating func lowerOwed(to value: Stamp) {
        if let owed { self.owed = (owed.at, min(owed.value, value)) }
    }

    /// Whether a promise waits until the cursor has come further.
    func isOwed(beyond cursor: LogPosition) -> Bool { owed.map { cursor < $0.at } ?? false }

    mutating func takeOwed() -> Stamp? {
        defer { owed = nil }
        return owed?.value
    }
}

// In total order: what nodes promise each other (docs/protocol.md#total-order).
//
// A watermark on a link says: every later entry on it has a greater stamp. It is the least of what the other links have
// promised and of this node's own lower bound, and is sent after all entries that it covers. A node that stores an
// entry gives only greater stamps from then on. So an entry raises the bound of each node that it reaches, and the
// promises come back the way it went: no ticks are needed, and an idle network is silent.

extension Node {
    /// A bound for promises: every later entry of this node, and of its links but `excluded`, has a greater stamp.
    func promise(excluding excluded: Link?) -> Stamp {
        var least =
            draining.isDone ? .limit : ordering.lowerBound(ignoresRequest: mutation == .promiseIgnoresRequests)
        if let total = ordering.total { least = min(least, total.heldBound) }
        let ignored = mutation == .mergeWithoutOneLink ? links.last { $0.isNode } : nil
        for link in links where link.isNode && link !== excluded && link !== ignored {
            if let watermark = link.watermarks.promised { least = min(least, watermark) }
        }
        return least
    }

    // MARK: Telling

    /// Tells each neighbour what can be promised, if it may wait for that: the last promise doesn't cover all entries.
    /// A promise that can't be kept since another tree has come is taken back.
    func tellWatermarks() {
        guard let total = ordering.total else { return }
        for link in links where link.isNode && link.sending.hasSentAll {
            let value = promise(excluding: link)
            link.watermarks.lowerOwed(to: value)
            guard !link.watermarks.isOwed(beyond: link.sending.cursor) else { continue }
            if let owed = link.watermarks.takeOwed() { tell(owed, on: link) }
            guard link.watermarks.isNews(value, greatest: total.greatest) else { continue }
            if link.sending.isCaughtUp(with: log.stored) || mutation == .watermarkBeforeEntries {
                tell(value, on: link)
            } else {
                link.watermarks.owe(value, at: log.stored)
            }
        }
    }

    private func tell(_ value: Stamp, on link: Link) {
        guard link.watermarks.tells(value) else { return }
        send(.watermark(value), to: link.connection)
    }

    /// The draining node sends its last promises, which hold for ever, so that no node waits for it.
    func tellLastWatermarks() {
        guard ordering.total != nil else { return }
        draining.saidTheLast()
        for link in links where link.isNode && link.sending.hasSentAll && link.sending.cursor == log.stored {
            tell(promise(excluding: link), on: link)
        }
    }

    // MARK: Being told

    func heardWatermark(_ watermark: Stamp, on link: Link) {
        guard let total = ordering.total else {
            return report(.badFrame(link.contact, info: "a watermark, and this network has no total order"))
        }
        guard !link.receiving.isDoubtful else {
            // What could not be read may have been an entry that it covers.
            return breakStream(link, "a promise came after something that could not be read")
        }
        guard link.watermarks.received(watermark) else { return }
        total.firstPromise(on: link.connection, isParent: link.role == .parent)
    }

    // MARK: Links that come and go

    /// A link stands: from now on delivery waits for its promises.
    ///
    /// - Parameters:
    ///   - reading: the greatest stamp that the other side has seen: it counts as seen here.
    ///   - isFresh: whether the node behind the link has no entries yet, and will give only stamps above those it is
    ///     told now.
    func beginPromises(on link: Link, isFresh: Bool, _ reading: ClockReading, stored: VersionVector) {
        let promised = promise(excluding: nil)
        ordering.witness(reading.stamp)
        guard let total = ordering.total, let origin = link.origin else { return }
        if let promise = total.isBack(origin) {
            // Its earlier promise still holds.
            link.watermarks.received(promise)
        } else if isFresh {
            link.watermarks.received(ordering.clock.latest)
        } else if lacks(anythingOf: stored) {
            // What it brings may have lower stamps than some of what is here.
            hold(.synchronising(link.connection), link, at: min(promised, total.greatest))
        }
    }

    /// A link is lost. Its branch may come back by another way, with entries that it had not sent yet.
    func holdFor(lost link: Link, why: LossReason) {
        guard let total = ordering.total, let origin = link.origin else { return }
        total.stopWaiting(for: link.connection)
        guard let watermark = link.watermarks.promised, watermark < .limit else { return }
        hold(.lost(origin, parentLeft: link.role == .parent && why == .leaving), link, at: watermark)
    }

    private func hold(_ reason: TotalOrder.Hold.Reason, _ link: Link, at promise: Stamp) {
        let until = now.instant + limits.orderGrace
        ordering.total?.wait(.init(reason: reason, contact: link.contact, promise: promise, until: until))
        timers.set(.order, noLaterThan: until)
    }

    func giveUpHolds() {
        guard let total = ordering.total else { return }
        for contact in total.giveUpHolds(at: now.instant) { report(.orderGivenUp(contact)) }
        timers[.order] = total.nextGivingUp
    }
}

// In total order: what nodes promise each other (docs/protocol.md#total-order).
//
// A watermark on a link says: every entry that still comes on it has a greater stamp. It is the least of what the other
// links have promised and of this node's own lower bound, and it follows all entries that it covers. Whoever stores an
// entry stamps above it from then on, so an entry raises the bound of every node that it reaches, and the promises come
// back the way it went: no ticks are needed, and an idle network is silent.

extension Node {
    /// Everything stamped here from now on is greater.
    ///
    /// Stamps that were asked for may be just above what was known when they were: leave that out, and the order breaks
    /// as soon as ways are long (in nearly every run of the model).
    private var lowerBound: Stamp {
        guard let request = ordering.stampRequest, request.messages > 0, mutation != .promiseIgnoresRequests else {
            return ordering.clock.latest
        }
        return request.seen
    }

    /// Every entry that still comes, on any link but one or from this node, has a greater stamp.
    func promise(excluding excluded: Link?) -> Stamp {
        var least = draining.isDone ? .limit : lowerBound
        for hold in ordering.total?.holds ?? [] { least = min(least, hold.promise) }
        let ignored = mutation == .mergeWithoutOneLink ? links.last { $0.isNode } : nil
        for link in links where link.isNode && link !== excluded && link !== ignored {
            if let watermark = link.watermark { least = min(least, watermark) }
        }
        return least
    }

    // MARK: Telling

    /// Tells every neighbour what can be promised, if somebody may wait for it: some entry isn't covered by what it was
    /// told last. A promise that can't be kept since another tree has come is taken back.
    func tellWatermarks() {
        guard let total = ordering.total else { return }
        for link in links where link.isNode && link.hasSentAll {
            let value = promise(excluding: link)
            if let owed = link.owedWatermark {
                link.owedWatermark = (owed.at, min(owed.value, value))
                guard link.cursor >= owed.at else { continue }
                link.owedWatermark = nil
                tell(min(owed.value, value), on: link)
            }
            guard isNews(value, on: link, total) else { continue }
            let isCaughtUp = link.cursor == log.stored && link.gapsToTell.isEmpty
            if isCaughtUp || mutation == .watermarkBeforeEntries {
                tell(value, on: link)
            } else {
                // It holds for all that was stored until now, and is sent when that has been.
                link.owedWatermark = (log.stored, value)
            }
        }
    }

    private func isNews(_ value: Stamp, on link: Link, _ total: TotalOrder) -> Bool {
        guard let told = link.toldWatermark else { return true }
        return value < told || (value > told && told < total.greatest)
    }

    private func tell(_ value: Stamp, on link: Link) {
        guard link.toldWatermark != value else { return }
        link.toldWatermark = value
        send(.watermark(value), to: link.connection)
    }

    /// The node ends in order: it says what it can promise for ever, so that nobody waits for it.
    func tellLastWatermarks() {
        guard ordering.total != nil else { return }
        draining.saidTheLast()
        for link in links where link.isNode && link.hasSentAll && link.cursor == log.stored {
            tell(promise(excluding: link), on: link)
        }
    }

    // MARK: Being told

    func received(watermark: Stamp, on link: Link) {
        guard let total = ordering.total else {
            return report(.badFrame(link.contact, info: "a watermark, and this network has no total order"))
        }
        guard !link.isDoubtful else {
            // What could not be read may have been an entry that it covers.
            report(.streamBroken(link.contact, detail: "a promise came after something that could not be read"))
            return lose(link, why: .broken)
        }
        let isFirst = link.watermark == nil
        link.watermark = watermark
        guard isFirst else { return }
        if link.role == .parent { total.isOpen = true }
        total.holds.removeAll { hold in
            switch hold.reason {
            case .lost(_, let parentLeft): parentLeft && link.role == .parent
            case .synchronising(let connection): connection == link.connection
            }
        }
    }

    // MARK: Links that come and go

    /// A link stands: what it brings is waited for from now on.
    ///
    /// - Parameters:
    ///   - reading: what the other side has seen: it counts as seen here now.
    ///   - isFresh: the node behind has said nothing yet, and stamps only above what it is told now.
    func beginPromises(on link: Link, isFresh: Bool, _ reading: ClockReading, stored: VersionVector) {
        let promised = promise(excluding: nil)
        ordering.clock.witness(reading.stamp)
        guard let total = ordering.total, let origin = link.origin else { return }
        if let index = total.holds.firstIndex(where: { $0.isFor(origin) }) {
            // It is back: what it promised before still holds.
            link.watermark = total.holds.remove(at: index).promise
        } else if isFresh {
            link.watermark = ordering.clock.latest
        } else if stored.components.contains(where: { log.storedSequence(of: log.number(of: $0.origin)) < $0.sequence })
        {
            // What it brings may belong between everything that is here.
            hold(.synchronising(link.connection), link, at: min(promised, total.greatest))
        }
    }

    /// A link is gone. Its branch may come back by another way, with what it had not sent yet.
    func holdFor(lost link: Link, why: LossReason) {
        guard let total = ordering.total, let origin = link.origin else { return }
        total.holds.removeAll { $0.isFor(link.connection) }
        guard let watermark = link.watermark, watermark < .limit else { return }
        hold(.lost(origin, parentLeft: link.role == .parent && why == .leaving), link, at: watermark)
    }

    private func hold(_ reason: TotalOrder.Hold.Reason, _ link: Link, at promise: Stamp) {
        let until = now.instant + limits.orderGrace
        ordering.total?.holds.append(.init(reason: reason, contact: link.contact, promise: promise, until: until))
        timers.set(.order, noLaterThan: until)
    }

    func giveUpHolds() {
        guard let total = ordering.total else { return }
        for hold in total.holds where hold.until <= now.instant { report(.orderGivenUp(hold.contact)) }
        total.holds.removeAll { $0.until <= now.instant }
        timers[.order] = total.holds.map(\.until).min()
    }
}

extension TotalOrder.Hold {
    fileprivate func isFor(_ origin: Origin) -> Bool {
        if case .lost(origin, _) = reason { true } else { false }
    }

    fileprivate func isFor(_ connection: ConnectionID) -> Bool {
        if case .synchronising(connection) = reason { true } else { false }
    }
}

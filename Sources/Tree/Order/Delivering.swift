// In total order: how entries come to be shown (docs/protocol.md#total-order). Links carry them in the order in which
// they were stored and lose no time; only clients wait.

extension Node {
    /// Shows all that is complete, safe and next.
    func deliver() {
        guard let total = ordering.total else { return }
        let limit = promise(excluding: nil)
        while let (entry, isLate) = total.takeNext(upTo: limit, before: log.safe) {
            deliver(entry, isLate: isLate, total)
        }
        if !sessions.hasAdmitted, total.isOpen, case .attached = topology.standing { admitParked() }
    }

    private func deliver(_ entry: TotalOrder.Waiting, isLate: Bool, _ total: TotalOrder) {
        let record = log.record(at: entry.position)
        var isShown = record.visibility == .shown
        if isShown, let retry = entry.retry {
            // Of two copies the one with the smaller stamp is shown: the first to be delivered.
            if total.shownRetries.isRetry(retry.key, by: retry.user) {
                isShown = false
            } else {
                total.shownRetries.record(retry.key, by: retry.user, stamp: entry.key.stamp)
            }
        }
        let (from, upTo) = (record.offset, record.offset + UInt64(record.length))
        let format = log.format
        total.delivered.append(
            entry.key, number: entry.number, isLate: isLate, at: now.instant, atMost: Int(record.length) + 16,
            write: isShown
                ? { bytes in
                    self.log.withLines(from: from, upTo: upTo) { format.append($0, isLate: isLate, to: &bytes) }
                }
                : nil)
        if record.arrival == 0 { ordering.undelivered.remove(bytes: queued(record)) }
        if !total.gapsAhead.isEmpty { passGaps(total) }
    }

    // MARK: Gaps

    /// Entries that nobody brings any more. What of their origin stands before them is shown first.
    func learntInTotalOrder(of gap: Log.Gap) {
        guard let total = ordering.total else { return }
        total.gapsAhead.append(gap)
        passGaps(total)
    }

    private func passGaps(_ total: TotalOrder) {
        while let index = total.gapsAhead.firstIndex(where: { gap in
            total.delivered.marks[log.number(of: gap.origin)] + 1 >= gap.from
        }) {
            let gap = total.gapsAhead.remove(at: index)
            total.delivered.skip(log.number(of: gap.origin), to: gap.through)
            tellClients(of: gap, at: total.delivered.end)
        }
    }

    // MARK: Leaves

    /// A server that is no node reads what clients read.
    func feedLeaf(_ link: Link, _ total: TotalOrder) {
        link.sending.skipForgotten(before: total.delivered.floor)
        var burst = 0
        while link.sending.cursor < total.delivered.end {
            guard burst < limits.linkBurstBytes else {
                timers[.continuation] = now.instant
                return
            }
            let record = total.delivered.record(at: link.sending.cursor, log.origins)
            guard link.sending.advance(over: record.number, record.key.sequence), let line = record.line else {
                continue
            }
            burst += line.length
            show(ReadableLine(offset: line.offset, length: line.length, isLate: record.isLate), toLeaf: link)
        }
    }
}

// In total order: how entries are delivered (docs/protocol.md#total-order). Links send them at once, in the order in
// which they were stored; only clients wait.

extension Node {
    /// Delivers the next entries, as far as they are complete and safe.
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
        let (from, upTo) = (record.offset, record.offset + UInt64(record.length))
        let format = log.format
        total.deliver(entry, record, isLate: isLate, at: now.instant) { bytes in
            self.log.withLines(from: from, upTo: upTo) { format.append($0, isLate: isLate, to: &bytes) }
        }
        if record.arrival == 0 { ordering.delivered(bytes: queued(record)) }
        passGaps(total)
    }

    // MARK: Gaps

    /// This node has learnt of a gap. Earlier entries of the same origin are shown before it.
    func learntInTotalOrder(of gap: Log.Gap) {
        guard let total = ordering.total else { return }
        total.learnt(of: gap, log.number(of: gap.origin))
        passGaps(total)
    }

    private func passGaps(_ total: TotalOrder) {
        while let gap = total.takeGapDue() { tellClients(of: gap, at: total.delivered.end) }
    }

    // MARK: Base servers

    /// Sends a base server the lines that clients read.
    func feedBaseServer(_ link: Link, _ total: TotalOrder) {
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
            show(ReadableLine(offset: line.offset, length: line.length, isLate: record.isLate), toBaseServer: link)
        }
    }
}

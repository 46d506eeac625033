/// Decides which refusals are reported: a refused node tries again each second.
struct RefusalNotices {
    private struct Told: Hashable {
        /// Nil for a server that doesn't tell its address.
        let address: Address?
        let reason: Refusal.Reason
    }

    private var told: [(who: Told, at: Instant)] = []
    /// Refusals that were not reported, since the last one that was.
    private var untold = 0

    /// How many others were refused and not reported; nil if this one isn't to be reported now.
    mutating func others(than address: Address?, _ reason: Refusal.Reason, limits: Limits, at now: Instant) -> Int? {
        told.removeAll { now - $0.at >= Limits.refusedNotice }
        let who = Told(address: address, reason: reason)
        guard !told.contains(where: { $0.who == who }) else { return nil }
        guard told.count < Limits.refusedNotices else {
            untold += 1
            return nil
        }
        told.append((who, now))
        defer { untold = 0 }
        return untold
    }
}

extension Node {
    func noteRefusal(of request: Authenticate, _ refusal: Refusal) {
        if case .node(let newcomer) = request.kind {
            noteRefusal(of: newcomer.contact, refusal)
        } else {
            noteRefusal(of: nil as Contact?, refusal)
        }
    }

    /// Reports a refusal that only an operator can help. The others are part of how trees form.
    func noteRefusal(of contact: Contact?, _ refusal: Refusal) {
        let told: [Refusal.Reason] = [
            .secret, .plain, .certificate, .loop, .order, .clock, .version, .history, .superseded, .duplicate,
        ]
        guard let reason = refusal.reason, told.contains(reason),
            let others = joining.refused(contact?.address, because: reason, at: now.instant, limits: limits)
        else { return }
        report(.refusedNode(contact, refusal, others: others))
    }
}

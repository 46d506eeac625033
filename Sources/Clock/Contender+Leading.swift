import Tree

/// What only a leader has.
struct Reign: Sendable {
    /// The revision of etcd in which this leader's key was created.
    let revision: Revision
    var source: StampSource
    /// The revision of the last change of the bound that this leader knows of; `nil` if there is no bound yet.
    var changed: Revision?
    /// The bound that has to be stored before the source continues.
    var saving: SavedBound?
    /// True once the first bound of this reign is stored.
    var isServing = false
}

// What a leader does. It begins above the bound that it found, and hands out only stamps below bounds that it has read
// in etcd.

extension Contender {
    /// - Parameter window: the bound, read in the revision that created the leader's key, or later.
    mutating func reign(_ lease: Lease, _ revision: Revision, _ window: EtcdKeys.Window?) {
        // One more than the epoch of the last reign, so that askers recognise an answer of an earlier reign.
        let epoch = window.map { $0.saved.epoch + 1 } ?? now.wallMilliseconds
        var source = StampSource(saved: window?.saved, epoch: epoch, at: now, limits: limits)
        if mutation == .secondReignRemembers, let remembered { source = remembered }
        state = .leading(lease, Reign(revision: revision, source: source, changed: window?.changed))
        nextRenewal = now.instant
        nextTick = now.instant + ClockLimits.tick
        toldLeader = nil
        serve(.started)
    }

    mutating func asked(_ asker: ConnectionID, _ count: Int, _ seen: Stamp?, _ host: String) {
        switch state {
        case .leading: serve(.asked(asker, count: count, seen: seen, host: host))
        case .following(let leader): effects.append(.sendAway(asker, leader: leader?.address))
        case .campaigning, .ending: effects.append(.sendAway(asker, leader: nil))
        }
    }

    /// Passes an event to the leader's source and performs the source's effects. Does nothing while this process isn't
    /// the leader.
    mutating func serve(_ event: StampSource.Event) {
        guard case .leading(let lease, var reign) = state else { return }
        var ordered: [StampSource.Effect] = []
        reign.source.handle(event, at: now, into: &ordered)
        var toSave: SavedBound?
        for effect in ordered {
            switch effect {
            case .save(let bound): toSave = bound
            case .answer(let asker, let batch):
                let deadline = mutation == .deadlineCheckedEarly ? Instant(nanoseconds: .max) : lease.deadline
                effects.append(.answer(asker, batch, epoch: reign.source.epoch, before: deadline))
            case .refuse(let asker, let refusal): effects.append(.refuse(asker, refusal))
            }
        }
        if let toSave { reign.saving = toSave }
        state = .leading(lease, reign)
        // The source asks to save a bound only when the one before is stored. So no request about an earlier bound is
        // pending.
        if let toSave { ask(.save(toSave, reign: reign.revision, since: reign.changed)) }
    }

    /// Handles the keys that a leader has read: after an attempt to store a bound, or again because an attempt got no
    /// answer.
    mutating func saved(_ keys: EtcdKeys) {
        guard case .leading(let lease, var reign) = state, let saving = reign.saving else { return }
        if mutation == .unguardedBound {
            reign.saving = nil
            reign.changed = keys.window?.changed
            reign.isServing = true
            state = .leading(lease, reign)
            return serve(.saved(saving))
        }
        guard keys.leader?.reign == reign.revision else { return stepDown(.deposed) }
        let isOurs = keys.window?.saved.epoch == saving.epoch
        // Another clock has written the bound, so this reign began from a bound that no longer counts.
        guard isOurs || keys.window?.changed == reign.changed else { return stepDown(.deposed) }
        reign.changed = keys.window?.changed
        guard isOurs, let bound = keys.window?.saved.bound, bound >= saving.bound else {
            // The bound isn't stored, or an earlier attempt was carried out late. The leader tries again, from the
            // present bound.
            state = .leading(lease, reign)
            return ask(.save(saving, reign: reign.revision, since: reign.changed))
        }
        reign.saving = nil
        let begins = !reign.isServing
        reign.isServing = true
        state = .leading(lease, reign)
        if begins {
            let ahead = reign.source.ahead(ofWallMilliseconds: now.wallMilliseconds)
            report(.leads(epoch: saving.epoch, ahead: ahead))
        }
        serve(.saved(SavedBound(epoch: saving.epoch, bound: saving.bound)))
    }

    /// Used by a mutation only.
    mutating func savedUnanswered() {
        guard case .leading(let lease, var reign) = state, let saving = reign.saving else { return }
        reign.saving = nil
        reign.isServing = true
        state = .leading(lease, reign)
        serve(.saved(saving))
    }
}

import Tree

/// What a leader has that nobody else may have.
struct Reign: Sendable {
    /// The revision in which its key was created.
    let revision: Revision
    var source: StampSource
    /// The last change of the bound that it knows of; `nil` if there is none yet.
    var changed: Revision?
    /// What is to be stored before the source may go on.
    var saving: SavedBound?
    /// Its first bound is stored.
    var isServing = false
}

// A leader's life: it begins above the bound that it has found, and hands out what lies below bounds that etcd was seen
// to have stored.

extension Contender {
    /// - Parameter window: read in the revision that created the leader's key, or later.
    mutating func reign(_ lease: Lease, _ revision: Revision, _ window: EtcdKeys.Window?) {
        // One more than the last one's, so that askers can tell an answer of an earlier reign.
        let epoch = window.map { $0.saved.epoch + 1 } ?? now.wallMilliseconds
        var source = StampSource(saved: window?.saved, epoch: epoch, at: now, limits: limits)
        if mutation == .secondReignRemembers, let remembered { source = remembered }
        state = .leading(lease, Reign(revision: revision, source: source, changed: window?.changed))
        nextRenewal = now.instant
        nextTick = now.instant + ClockLimits.tick
        toldLeader = nil
        serve(.started)
    }

    mutating func asked(_ asker: ConnectionID, _ count: Int, _ seen: Stamp?) {
        switch state {
        case .leading: serve(.asked(asker, count: count, seen: seen))
        case .following(let leader): effects.append(.sendAway(asker, leader: leader?.address))
        case .campaigning, .ending: effects.append(.sendAway(asker, leader: nil))
        }
    }

    /// Lets the source decide; does nothing while there is none.
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
        // A question about an earlier bound is under way only until its answer says that it is stored.
        if let toSave { ask(.save(toSave, reign: reign.revision, since: reign.changed)) }
    }

    /// What the keys say while it leads: after it has tried to store a bound, or read again because nobody answered.
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
        // Whoever else has written it: what this reign began with doesn't hold any more.
        guard isOurs || keys.window?.changed == reign.changed else { return stepDown(.deposed) }
        reign.changed = keys.window?.changed
        guard isOurs, let bound = keys.window?.saved.bound, bound >= saving.bound else {
            // Not stored, or an earlier attempt came late: once more, upon what is there now.
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

    /// Only for a mutation.
    mutating func savedUnanswered() {
        guard case .leading(let lease, var reign) = state, let saving = reign.saving else { return }
        reign.saving = nil
        reign.isServing = true
        state = .leading(lease, reign)
        serve(.saved(saving))
    }
}

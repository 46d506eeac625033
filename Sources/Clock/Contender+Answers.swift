import Tree

// What follows from etcd's answers. An answer whose request is no longer pending is ignored: it belongs to a reign that
// has ended.

extension Contender {
    mutating func answered(_ id: RequestID, _ answer: EtcdAnswer) {
        if hasSilentEtcd {
            hasSilentEtcd = false
            report(.etcdAnswers)
        }
        if id == returning { return returnEnded() }
        if let renewing, renewing.id == id {
            self.renewing = nil
            return renewed(answer, sent: renewing.sent)
        }
        guard let pending, pending.id == id else { return }
        self.pending = nil
        switch (state, answer) {
        case (.following, .keys(let keys)): followed(keys)
        case (.campaigning, .lease(let lease, let seconds)): granted(lease, seconds, sent: pending.sent)
        case (.campaigning(let lease?), .keys(let keys)): campaigned(keys, lease)
        case (.leading, .keys(let keys)): saved(keys)
        case (.campaigning, .noLease): stepDown(.leaseLost)
        default: look(after: limits.retryPause)
        }
    }

    mutating func unanswered(_ id: RequestID) {
        if id == returning {
            // The standbys wait until the lease is gone, so the request is repeated until etcd has answered it.
            returning = nil
            nextReturn = now.instant + limits.retryPause
            return
        }
        if id == renewing?.id {
            renewing = nil
            nextRenewal = now.instant + limits.retryPause
        } else if id == pending?.id {
            pending = nil
            switch state {
            case .following, .campaigning(nil):
                // The lease may have been granted all the same. Nobody renews it, so it ends by itself.
                state = .following(nil)
                look(after: limits.lookPause)
            case .campaigning, .leading:
                if mutation == .unansweredIsDone, case .leading = state { return savedUnanswered() }
                look(after: limits.retryPause)
            case .ending: break
            }
        } else {
            return
        }
        if !hasSilentEtcd {
            hasSilentEtcd = true
            report(.etcdSilent)
        }
    }

    mutating func unreadable(_ id: RequestID) {
        guard id == pending?.id else { return }
        pending = nil
        if !toldUnreadable { report(.unreadable) }
        toldUnreadable = true
        stepDown(.unreadable)
        look(after: limits.unreadablePause)
    }

    private mutating func returnEnded() {
        returning = nil
        returned = nil
        if case .ending = state { finishEnding() }
    }

    // MARK: Following

    private mutating func followed(_ keys: EtcdKeys) {
        toldUnreadable = false
        guard let leader = keys.leader else {
            state = .campaigning(nil)
            return ask(.grant(seconds: limits.leaseSeconds))
        }
        state = .following(leader)
        if leader.clock == me {
            // The key was left by an ended reign, or by a campaign that got no answer. This process must not lead by
            // that lease.
            if returned == nil { giveBack(leader.lease) }
            return look(after: limits.retryPause)
        }
        if toldLeader != leader {
            toldLeader = leader
            report(.follows(leader.address))
        }
        look(after: limits.lookPause)
    }

    // MARK: Campaigning

    private mutating func granted(_ id: LeaseID, _ seconds: Int64, sent: Instant) {
        let lease = Lease(id: id, deadline: deadline(seconds, sent: sent))
        state = .campaigning(lease)
        if now.instant >= lease.deadline { return stepDown(.leaseNotRenewed) }
        ask(.campaign(id))
    }

    /// - Parameter keys: as the attempt left them, or as they were read again because the attempt got no answer.
    private mutating func campaigned(_ keys: EtcdKeys, _ lease: Lease) {
        guard let leader = keys.leader else { return ask(.campaign(lease.id)) }
        guard leader.clock == me, leader.lease == lease.id else { return stepDown(.deposed) }
        reign(lease, leader.reign, keys.window)
    }

    // MARK: The lease

    private mutating func renewed(_ answer: EtcdAnswer, sent: Instant) {
        guard case .leading(var lease, let reign) = state else { return }
        guard case .lease(lease.id, let seconds) = answer, seconds > 0 else { return stepDown(.leaseLost) }
        lease.deadline = max(lease.deadline, deadline(seconds, sent: sent))
        state = .leading(lease, reign)
        nextRenewal = max(now.instant, sent + limits.renewal)
    }

    private func deadline(_ seconds: Int64, sent: Instant) -> Instant {
        let start = mutation == .deadlineFromReceipt ? now.instant : sent
        let length = Duration.seconds(min(seconds, limits.leaseSeconds))
        return start + .nanoseconds(Int64(Double(length.wholeNanoseconds) * limits.leaseShare))
    }
}

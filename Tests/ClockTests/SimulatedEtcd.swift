import Tree

@testable import Clock

/// What etcd does with the clocks' two keys: revisions, guarded transactions and leases, exactly. It does nothing else.
///
/// A lease ends a little after its time has passed since it was granted or kept alive, and never before.
struct SimulatedEtcd {
    private struct Entry<Value> {
        var value: Value
        var created: Revision
        var changed: Revision
    }

    private struct LeaderValue {
        let clock: ClockID
        let lease: LeaseID
    }

    private struct LeaseTerm {
        let seconds: Int64
        /// Nanoseconds of the world's time.
        var end: UInt64
    }

    private var revision: Int64 = 1
    private var leader: Entry<LeaderValue>?
    private(set) var window: (saved: SavedBound, changed: Revision)?
    private var leases: [LeaseID: LeaseTerm] = [:]
    private var lastLease: Int64 = 7_000_000
    /// The highest bound that was ever stored.
    private(set) var highest = Stamp.zero
    /// The clocks that became leader, in order.
    private(set) var reigns: [ClockID] = []

    static let address = Address(host: "clock", port: 3779)

    /// Carries a request out.
    mutating func execute(_ request: EtcdRequest, at now: UInt64) -> EtcdAnswer {
        switch request {
        case .look: break
        case .grant(let seconds):
            lastLease += 1
            leases[LeaseID(lastLease)] = LeaseTerm(seconds: seconds, end: now + UInt64(seconds) * 1_000_000_000)
            return .lease(LeaseID(lastLease), seconds: seconds)
        case .keepAlive(let lease):
            guard var term = leases[lease] else { return .noLease }
            term.end = now + UInt64(term.seconds) * 1_000_000_000
            leases[lease] = term
            return .lease(lease, seconds: term.seconds)
        case .revoke(let lease):
            guard leases[lease] != nil else { return .noLease }
            end(lease)
            return .revoked
        case .campaign(let lease):
            guard leases[lease] != nil else { return .noLease }
            if leader == nil, let clock = campaigner {
                revision += 1
                let value = LeaderValue(clock: clock, lease: lease)
                leader = Entry(value: value, created: Revision(revision), changed: Revision(revision))
                reigns.append(clock)
            }
        case .save(let saved, let reign, let since):
            if leader?.created == reign, window?.changed == since { store(saved) }
        }
        return .keys(keys)
    }

    /// As `execute`, for a request of a clock that may campaign.
    mutating func execute(_ request: EtcdRequest, of clock: ClockID, at now: UInt64, ignoringGuards: Bool) -> EtcdAnswer
    {
        campaigner = clock
        if ignoringGuards, case .save(let saved, _, _) = request {
            store(saved)
            return .keys(keys)
        }
        return execute(request, at: now)
    }

    private var campaigner: ClockID?

    private mutating func store(_ saved: SavedBound) {
        revision += 1
        window = (saved, Revision(revision))
        highest = max(highest, saved.bound)
    }

    private var keys: EtcdKeys {
        EtcdKeys(
            leader: leader.map {
                EtcdKeys.Leader(
                    clock: $0.value.clock, address: Self.address, lease: $0.value.lease, reign: $0.created)
            },
            window: window.map { EtcdKeys.Window(saved: $0.saved, changed: $0.changed) })
    }

    private mutating func end(_ lease: LeaseID) {
        leases[lease] = nil
        guard leader?.value.lease == lease else { return }
        revision += 1
        leader = nil
    }

    /// Ends the leases whose time has passed.
    mutating func expire(at now: UInt64) {
        for lease in leases.keys.sorted(by: { $0.value < $1.value }) where leases[lease]!.end <= now { end(lease) }
    }

    /// A new leader of etcd gives every lease its whole time anew.
    mutating func changeLeader(at now: UInt64) {
        for lease in leases.keys { leases[lease]!.end = now + UInt64(leases[lease]!.seconds) * 1_000_000_000 }
    }
}

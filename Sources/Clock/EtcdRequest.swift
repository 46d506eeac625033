import Tree

/// A clock's requests to etcd. etcd knows two keys and a lease of the clocks:
///
/// | key | value | |
/// |---|---|---|
/// | `PREFIX/leader` | who leads | bound to the leader's lease: it goes when the leader is gone |
/// | `PREFIX/window` | the bound of the stamps | outlives all leaders |
///
/// Every transaction reads both keys in the same revision, whether its condition held or not. So there is one kind of
/// answer, and an answer proves only what it shows: who leads, and which bound is stored.
enum EtcdRequest: Hashable, Sendable {
    /// Reads both keys, linearizably.
    case look
    /// Asks for a lease of this length.
    case grant(seconds: Int64)
    case keepAlive(LeaseID)
    case revoke(LeaseID)
    /// Writes the leader's key under the lease, if there is no such key.
    case campaign(LeaseID)
    /// Writes the bound on two conditions: the leader's key was created in revision `reign`, and the bound was last
    /// changed in revision `since` (`nil`: there is no bound yet).
    case save(SavedBound, reign: Revision, since: Revision?)
}

/// What etcd answered.
enum EtcdAnswer: Hashable, Sendable {
    /// To `look`, `campaign` and `save`.
    case keys(EtcdKeys)
    /// To `grant`, and to `keepAlive`: the lease and its whole length in seconds.
    case lease(LeaseID, seconds: Int64)
    /// There is no such lease, or no longer.
    case noLease
    case revoked
}

/// Both keys as they stood in one revision of etcd.
struct EtcdKeys: Hashable, Sendable {
    struct Leader: Hashable, Sendable {
        let clock: ClockID
        let address: Address
        let lease: LeaseID
        /// The revision in which the key was created. It names this leader's reign and no other.
        let reign: Revision

        init(clock: ClockID, address: Address, lease: LeaseID, reign: Revision) {
            self.clock = clock
            self.address = address
            self.lease = lease
            self.reign = reign
        }
    }

    struct Window: Hashable, Sendable {
        let saved: SavedBound
        /// The revision in which the bound was last changed.
        let changed: Revision

        init(saved: SavedBound, changed: Revision) {
            self.saved = saved
            self.changed = changed
        }
    }

    let leader: Leader?
    let window: Window?

    init(leader: Leader?, window: Window?) {
        self.leader = leader
        self.window = window
    }
}

/// Names one start of one clock process: drawn anew at each start.
struct ClockID: Hashable, Sendable, CustomStringConvertible {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var description: String { text }
}

struct LeaseID: Hashable, Sendable, CustomStringConvertible {
    let value: Int64

    init(_ value: Int64) {
        self.value = value
    }

    var description: String { "\(value)" }
}

/// etcd's count of all its changes.
struct Revision: Hashable, Comparable, Sendable, CustomStringConvertible {
    let value: Int64

    init(_ value: Int64) {
        self.value = value
    }

    static func < (a: Revision, b: Revision) -> Bool { a.value < b.value }

    var description: String { "\(value)" }
}

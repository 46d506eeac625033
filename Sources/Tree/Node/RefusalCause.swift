/// Why a node refused somebody, or something that a client asked for. Operators see how often each has happened.
package enum RefusalCause: UInt8, CaseIterable, Sendable {
    // For what there was no room.

    /// There are as many clients as there may be.
    case clients
    /// As many clients of one address are logged in as may be.
    case address
    /// The clients that wait until the node has its position take too much.
    case parked
    /// As many names are registered as may be.
    case accounts

    // What somebody is, has done, or has not done.

    /// They are banned.
    case banned
    /// They had not logged in, and too many others hadn't either.
    case crowded
    /// They said nothing valid in time.
    case silent
    /// Too many wrong secrets were shown, or too many names registered: they have to wait.
    case attempts
    /// They showed a secret in clear from another machine.
    case plain
    /// What they said has no meaning, or none at this moment.
    case invalid

    // What the node can't do at the moment.

    /// Too many secrets wait to be checked, or a part of the tree doesn't answer.
    case busy
    /// The node takes no new clients, since it is drained or leaves.
    case leaving

    /// Whether there was no room for a newcomer.
    var isWantOfRoom: Bool {
        switch self {
        case .clients, .address, .parked, .accounts: true
        case .banned, .crowded, .silent, .attempts, .plain, .invalid, .busy, .leaving: false
        }
    }
}

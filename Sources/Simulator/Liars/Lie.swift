/// What a lying node says, that knows the network's secret (docs/hostile.md#nodes-that-lie-or-stand-still). It attaches
/// as a child, like any node, and stores nothing.
public enum Lie: String, CaseIterable, Sendable {
    /// Entries are lost that nobody has made, and more than anybody makes.
    case gaps
    /// Its term is far beyond that of any network, and others have to follow.
    case terms
    /// It has an entry from the time in a year.
    case stamps
    /// It has stored more than it was sent.
    case acknowledgements
    /// It shows entries under ids that exist, with other bodies.
    case bodies
    /// Its branch holds entries of thousands of nodes that nobody has heard of.
    case origins
    /// It claims names by the hundred, as if it had asked first.
    case claims
    /// It announces nodes by the hundred that don't exist.
    case nodes
    /// It has met other trees, whose roots don't exist and rule for longer.
    case trees
    /// An account has a version after which there is none.
    case versions
    /// It answers questions that it wasn't asked, for nodes that it isn't.
    case answers
    /// It acknowledges nothing, and lives.
    case silence
    /// It acknowledges everything, and promises nothing in total order.
    case promises
    /// It closes each link at once.
    case closing
    /// Half of what it says is no message.
    case garbage

    /// Whether what it says can't be true, so that it is left alone after a while.
    var isProved: Bool {
        switch self {
        case .gaps, .acknowledgements, .silence: true
        default: false
        }
    }

    /// Whether it goes on after the faults are over: all promises have to hold beside it.
    var lasts: Bool { self == .silence || self == .promises }
}

import Tree

/// Counts messages between nodes by their purpose.
public struct Traffic: Sendable {
    /// Heartbeats, announcements, vectors: messages that are sent while nothing happens.
    public private(set) var upkeep = 0
    /// Positions, requests for a position, probes: messages that a change of the tree causes.
    public private(set) var tree = 0
    /// Entries of clients, and their acknowledgements.
    public private(set) var entries = 0

    public var all: Int { upkeep + tree + entries }

    mutating func count(_ message: Message) {
        switch message {
        case .heartbeat, .serverAnnounce, .stable, .vectors: upkeep += 1
        case .entry, .acknowledge, .gap: entries += 1
        default: tree += 1
        }
    }

    static func - (a: Traffic, b: Traffic) -> Traffic {
        var difference = Traffic()
        difference.upkeep = a.upkeep - b.upkeep
        difference.tree = a.tree - b.tree
        difference.entries = a.entries - b.entries
        return difference
    }
}

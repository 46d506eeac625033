import Tree

/// Messages between nodes, by what they are for.
public struct Traffic: Sendable {
    /// Heartbeats, loads, vectors: what goes on while nothing happens.
    public private(set) var upkeep = 0
    /// Positions, questions for a position, probes: what a change of the tree costs.
    public private(set) var tree = 0
    /// What clients say, and its acknowledgements.
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

/// A column of `coppice top`, by which its rows can be sorted.
public enum TopColumn: String, CaseIterable, Sendable {
    case node, clients
    case said = "in"
    case delivered = "out"
    case received = "rx"
    case sent = "tx"
    case queue, lag, slowest, links, turn

    /// The key that sorts by it.
    var key: Character {
        switch self {
        case .said: "i"
        case .delivered: "o"
        case .lag: "g"
        case .links: "k"
        case .turn: "t"
        case .sent: "x"
        case .slowest: "w"
        // q leaves.
        case .queue: "u"
        default: rawValue.first!
        }
    }

    /// At most `width` characters.
    var heading: String {
        switch self {
        case .said: "in/s"
        case .delivered: "out/s"
        case .received: "rx/s"
        case .sent: "tx/s"
        default: rawValue
        }
    }

    /// The columns of the terminal that it takes; nil for the name, which takes what is left.
    var width: Int? {
        switch self {
        case .node: nil
        case .clients, .slowest: 7
        default: 5
        }
    }

    /// Names begin with the first; of numbers the largest are what one looks for.
    var isDescending: Bool { self != .node }

    static func of(_ key: Character) -> TopColumn? { allCases.first { $0.key == key } }
}

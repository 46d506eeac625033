import Tree
import Wire

/// What became of a question about the tree.
enum StatusAnswer: Equatable {
    case status(TreeStatus)
    case refused(info: String)
    case other(info: String)
    case failure(String)
    /// Whoever answers hasn't proved that it knows the secret, and wasn't shown it.
    case unproved(String)

    init(line: [UInt8]) {
        let message = ServerMessage(line: line)
        self =
            switch message {
            case .status(let status): .status(status)
            case .malformed(.status, _): .other(info: "its answer is not understood")
            case .authenticationFail: .refused(info: message.words)
            default: .other(info: message.words)
            }
    }

    /// Why the answer has no status.
    var reason: String {
        switch self {
        case .status: ""
        case .refused(let info): "it refused: \(info)"
        case .other(let info): info
        case .failure(let reason), .unproved(let reason): reason
        }
    }
}

/// Why there is no status, as a sentence that names the flag to check.
enum StatusFailure: Equatable, CustomStringConvertible {
    case unreachable(Address, reason: String)
    case refused(info: String)
    case unproved(Address, reason: String)
    case noStatus(Address, info: String)

    var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "cannot reach a node at \(address): \(reason); check -rh/--host and -rp/--port"
        case .refused(let info): "the node refused: \(info); check -s/--secret"
        case .unproved(let address, let reason):
            "who answers at \(address) was not shown the secret: \(reason); check -s/--secret, -rh/--host and "
                + "-rp/--port"
        case .noStatus(let address, let info):
            "\(address) does not tell about a tree: \(info); check -rh/--host and -rp/--port"
        }
    }
}

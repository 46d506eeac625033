import CoppiceClient
import Tree
import Wire

/// What became of a question about the tree.
enum StatusAnswer: Equatable {
    case status(TreeStatus)
    case refused(info: String)
    case other(info: String)
    case failure(ConnectionFailure)

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
        case .failure(let failure): failure.words
        }
    }
}

/// Why there is no status, as a sentence that names the flag to check.
enum StatusFailure: Equatable, CustomStringConvertible {
    case unreachable(Address, ConnectionFailure)
    case refused(info: String)
    case noStatus(Address, info: String)

    var description: String {
        switch self {
        case .unreachable(let address, let failure):
            failure.kind == .unproved
                ? "who answers at \(address) was not shown the secret: \(failure.words); \(failure.advice())"
                : "cannot reach a node at \(address): \(failure.words); \(failure.advice())"
        case .refused(let info): "the node refused: \(info); check \(SecretKind.tool.places)"
        case .noStatus(let address, let info):
            "\(address) does not tell about a tree: \(info); \(ServerFlags.hostAndPort.advice)"
        }
    }
}

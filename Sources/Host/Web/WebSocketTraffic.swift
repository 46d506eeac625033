import Tree
import WebSocket

/// What is under way on a WebSocket besides its lines; an idle one has none.
final class WebSocketTraffic {
    var reader: FrameReader
    /// Bytes that have come and that the reader takes later.
    var rest: [UInt8] = []
    /// The reader is in use, and not here.
    var isReading = false
    /// The payload of the last ping that wasn't answered. Earlier ones need no answer (RFC 6455, section 5.5.3), so
    /// pings make a node keep no more than one.
    var ping: [UInt8]?
    /// What the other side is told when the connection closes.
    var farewell: CloseReason?
    /// The other side has ended, and is answered by this.
    var answer: [UInt8]?

    init(_ reader: FrameReader) {
        self.reader = reader
    }

    var isEmpty: Bool {
        !isReading && reader.isEmpty && rest.isEmpty && ping == nil && farewell == nil && answer == nil
    }
    var keptBytes: Int { reader.keptBytes + rest.count }
}

extension CloseReason {
    /// Why a connection closes after a message: nil if it doesn't, as far as the message tells.
    init?(after message: Message) {
        switch message {
        case .invalidMessage(let info), .loginFailed(let info), .registerFailed(let info), .changeFailed(let info):
            self.init(.policy, info)
        case .authenticationFail(let refusal): self.init(.policy, refusal.info)
        case .unavailable(let info, _): self.init(.tryAgainLater, info)
        case .redirect(let address, _): self.init(.goingAway, "log in at \(address)")
        default: return nil
        }
    }
}

import Tree
import UV
import Wire

// The admin port's part in the node: it asks the tree as `coppice tree` does, on connections that have no socket.

extension NodeServer {
    /// Asks all nodes for their status.
    ///
    /// - Parameter done: called once, with the answer as JSON, as `coppice tree` gets it; nil if the node takes no
    ///   question now.
    func askTree(_ done: @escaping ([UInt8]?) -> Void) {
        let id = ConnectionID(slot: ConnectionID.slotWithoutSocket, use: treeQuestions.nextUse())
        treeQuestions.waiting[id] = done
        post(.opened(id, from: .loopback))
        post(.received(id, .status(StatusQuestion(secret: node.configuration.ownSecret, id: nil))))
    }

    /// The node says something on a connection without a socket.
    ///
    /// - Parameter message: nil if it closes the connection.
    func answered(_ message: Message?, on id: ConnectionID) {
        guard let done = treeQuestions.waiting.removeValue(forKey: id) else { return }
        if let message, case .statusAnswer = message {
            var bytes: [UInt8] = []
            Encoding.append(message, for: .usual, to: &bytes)
            done(bytes)
        } else {
            done(nil)
        }
        post(.closed(id))
    }

    /// Lets the node drain; `stopped` is called when it has.
    public func drain() {
        post(.drainRequested)
    }

    /// Takes a connection to the admin port.
    public func acceptAdmin(_ stream: Stream) {
        // Monitoring is let in a little longer than newcomers are, but not until libuv has no descriptor left.
        guard let admin, connectionAdmission.canLinger(among: loop.openStreams) else { return stream.close() }
        admin.accept(stream)
    }
}

/// Questions to the tree that were asked here.
struct TreeQuestionsAsked {
    var waiting: [ConnectionID: ([UInt8]?) -> Void] = [:]
    private var uses: UInt32 = 0

    mutating func nextUse() -> UInt32 {
        uses &+= 1
        return uses
    }
}

extension ConnectionID {
    /// No table of connections becomes as large.
    static let slotWithoutSocket = 0xFFFF_FFFF
}

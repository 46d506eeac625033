import DequeModule

/// Keeps the first messages of clients that came before the node had found its position, and decides who goes if they
/// take too much memory together: whoever holds most, so that a few long ones keep no short one out.
struct ParkedClients {
    private struct Parked {
        let message: Message
        let bytes: Int
    }

    private var parked: [ConnectionID: Parked] = [:]
    /// In the order in which they came; those that are gone are skipped.
    private var order: Deque<ConnectionID> = []
    /// By the power of two of their bytes, so that nobody is looked for among all; those that are gone are skipped.
    private var bySize: [[ConnectionID]] = Array(repeating: [], count: Int.bitWidth)
    private var sizeEntries = 0
    /// What all of them take.
    private(set) var bytes = 0

    var isEmpty: Bool { parked.isEmpty }
    var count: Int { parked.count }

    /// Keeps the first message of a client.
    mutating func add(_ message: Message, of connection: ConnectionID) {
        let added = Parked(message: message, bytes: message.parkedBytes)
        let before = parked.updateValue(added, forKey: connection)
        if before == nil { order.append(connection) }
        bytes += added.bytes - (before?.bytes ?? 0)
        bySize[Self.size(added.bytes)].append(connection)
        sizeEntries += 1
        forgetGone()
    }

    /// A connection is gone.
    mutating func remove(_ connection: ConnectionID) {
        guard let removed = parked.removeValue(forKey: connection) else { return }
        bytes -= removed.bytes
        forgetGone()
    }

    /// The one that holds most, or half as much; of those the last that came.
    mutating func largest() -> ConnectionID? {
        for size in bySize.indices.reversed() {
            while let last = bySize[size].last {
                if let found = parked[last], Self.size(found.bytes) == size { return last }
                bySize[size].removeLast()
                sizeEntries -= 1
            }
        }
        return nil
    }

    /// Takes some out, the oldest first.
    mutating func take(atMost limit: Int) -> [(connection: ConnectionID, message: Message)] {
        var taken: [(ConnectionID, Message)] = []
        while taken.count < limit, let connection = order.popFirst() {
            guard let found = parked.removeValue(forKey: connection) else { continue }
            bytes -= found.bytes
            taken.append((connection, found.message))
        }
        if parked.isEmpty { self = ParkedClients() }
        return taken
    }

    private static func size(_ bytes: Int) -> Int { Int.bitWidth - 1 - bytes.leadingZeroBitCount }

    /// Those that come and go leave nothing behind.
    private mutating func forgetGone() {
        if order.count > 2 * parked.count + 64 { order.removeAll { parked[$0] == nil } }
        guard sizeEntries > 2 * parked.count + 64 else { return }
        bySize = Array(repeating: [], count: Int.bitWidth)
        for connection in order {
            if let found = parked[connection] { bySize[Self.size(found.bytes)].append(connection) }
        }
        sizeEntries = parked.count
    }
}

extension Message {
    /// What a client's first message takes in memory, nearly.
    fileprivate var parkedBytes: Int {
        // The tables that it stands in, and the message itself.
        let own = 512
        switch self {
        case .login(let login):
            let shown = [login.secret, login.token, login.resumeToken].compactMap { $0?.text }
            let texts = [login.username, login.session ?? ""] + shown + login.features
            let origins = login.since?.components.count ?? 0
            return own + texts.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
                + origins * MemoryLayout<VersionVector.Component>.stride
        case .register(let username, let secret): return own + username.utf8.count + secret.text.utf8.count
        case .changeSecret(let change):
            return own + change.username.utf8.count + change.secret.text.utf8.count + change.newSecret.text.utf8.count
        default: return own
        }
    }
}

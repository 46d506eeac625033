/// What a client that has lost its server takes along to another one.
final class Progress {
    /// What has come of each sender.
    let order: SenderOrder
    /// What it has seen of each node's messages, as the servers call them.
    let seen: [String: UInt64]

    init(order: SenderOrder, seen: [String: UInt64]) {
        self.order = order
        self.seen = seen
    }
}

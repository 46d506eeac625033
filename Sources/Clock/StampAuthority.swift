import Tree

/// What decides about stamps behind the clock's sockets: a clock alone with its file (`FileClock`), or one of several
/// that have etcd in common (`SharedClock`).
protocol StampAuthority: AnyObject {
    /// Begins to decide. Until then nobody may ask.
    func begin(for desk: any StampDesk)
    /// Somebody wants stamps. The desk hears what becomes of it, now or later, unless the asker leaves before.
    func asked(_ asker: ConnectionID, count: Int, seen: Stamp?)
    func left(_ asker: ConnectionID)
    /// Hands out nothing any more, and calls `done` once when nothing is left to be done; perhaps at once.
    func end(_ done: @escaping () -> Void)
    /// Gives back what it holds. To be called when the loop has ended.
    func release()
}

/// Where the askers stand: it passes on what the authority decides.
protocol StampDesk: AnyObject {
    func answer(_ asker: ConnectionID, _ batch: StampBatch, epoch: UInt64)
    func refuse(_ asker: ConnectionID, _ refusal: StampSource.Refusal)
    /// This clock stands by; another one leads, as far as it knows.
    func sendAway(_ asker: ConnectionID, leader: Address?)
    /// Whoever asked here shall look for the leader anew.
    func sendEverybodyAway()
}

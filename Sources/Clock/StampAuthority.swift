import Tree

/// Decides which stamps the clock's askers get. There are two: `FileClock` works alone and keeps its bound in a file,
/// `SharedClock` is one of several clocks that share an etcd.
protocol StampAuthority: AnyObject {
    /// Starts. `asked` may be called from then on only.
    func begin(for desk: any StampDesk)
    /// An asker wants stamps. The desk is told the answer, now or later, unless the asker leaves before.
    ///
    /// - Parameter host: the address that the asker comes from.
    func asked(_ asker: ConnectionID, count: Int, seen: Stamp?, host: String)
    func left(_ asker: ConnectionID)
    /// Stops handing out stamps. Calls `done` once when nothing is left to do, perhaps before it returns.
    func end(_ done: @escaping () -> Void)
    /// Frees the resources of the authority, such as the lock of its directory. To be called when the loop has ended.
    func release()
}

/// The side of the connections: passes an authority's decisions on to the askers.
protocol StampDesk: AnyObject {
    func answer(_ asker: ConnectionID, _ batch: StampBatch, epoch: UInt64)
    func refuse(_ asker: ConnectionID, _ refusal: StampSource.Refusal)
    /// This clock stands by. `leader` is the clock that leads, if this one knows it.
    func sendAway(_ asker: ConnectionID, leader: Address?)
    /// Every asker of this clock has to look for the leader anew.
    func sendEverybodyAway()
}

/// Counts deliveries: entries times the clients that followed when they could be read. Nothing is done for each one.
struct Deliveries {
    private(set) var count: UInt64 = 0
    private var shown: UInt64 = 0

    /// Clients may read up to here.
    mutating func shown(upTo position: UInt64, by followers: Int) {
        guard position > shown else { return }
        count += (position - shown) * UInt64(followers)
        shown = position
    }
}

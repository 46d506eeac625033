/// What keeps this node, or one that asks it, out of the tree.
struct Joining {
    /// Why the configured parent could not be had the last time, while the node joins.
    var failure: Refusal?
    var unjoined: Unjoined?
    var refusalNotices = RefusalNotices()
    /// Whether other lives of newcomers live, as far as that was asked lately.
    var lifeChecks: [LifeCheck] = []
    var lastTwinProbe: Instant?
}

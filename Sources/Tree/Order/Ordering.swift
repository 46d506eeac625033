/// Where the stamps of this node's entries come from.
struct Ordering {
    var clock: HybridClock
    /// False from a question that was not answered in time to the next answer.
    var clockAnswers = true
    var stampRequest: StampRequest?
    var unstamped = Unstamped()
    /// By origin number, the stamp of the last entry stored: a later entry's is greater.
    var newestStamps: [Stamp] = []
    /// In total order: how what is stored becomes what is shown. Nil in causal order.
    let total: TotalOrder?
    /// In total order: the entries that this node accepted and that clients haven't been shown yet.
    var undelivered = QueueSize()

    init(clock: HybridClock, total: TotalOrder?) {
        self.clock = clock
        self.total = total
    }
}

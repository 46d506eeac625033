/// How far the entries in the log are copied.
struct Replication {
    /// The origin number of this life of the node.
    let ownNumber: Int
    /// What this node accepted and what isn't safe yet.
    var queue = QueueSize()
    /// For every origin, how far it is safe here.
    var safeMarks = Marks()
    /// Gaps that this node learnt of where its log is not safe yet: who logs in now reads past them later.
    var gapsAhead: [(at: LogPosition, gap: Log.Gap)] = []

    init(ownNumber: Int) { self.ownNumber = ownNumber }
}

/// What this node counts for the people who run it.
struct StatusCounters {
    var counts = Counts()
    /// What whoever runs this node has counted.
    var runnersCounts = Counts()
    /// How long the turns of whoever runs this took; nil if nobody measures.
    var turns: TurnReport?
    /// The version of the deadpool that was last written down.
    var rememberedVersion: UInt64 = 0
}

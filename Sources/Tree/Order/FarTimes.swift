/// Decides which of the times that a node is told it may believe.
///
/// There are three witnesses: the node's own machine, the clock server, and other nodes. A time near the machine's is
/// believed, since a wrong setting may make a machine wrong by hours. A time further from it than `Limits.clockTrust`
/// is believed only if the clock server and another node tell the same: two of three witnesses are right. So neither a
/// clock server nor a peer alone can take a network years ahead, from where stamps can't come back.
///
/// The machine has two times: the one that its wall clock shows now, and the one that it showed at the start, continued
/// by the monotonic clock. An operator who sets the clock while the node runs may make it right or wrong, so a time
/// near either of them is near the machine's.
struct FarTimes {
    /// A source of times other than the machine.
    enum Witness: Hashable { case clockServer, node }

    /// The wall clock at the start minus the monotonic clock, in milliseconds.
    private let offsetAtStart: Int64
    /// The last time that each witness told, if it is far from the machine's, as an offset of the same kind.
    private var told: [Witness: Int64] = [:]

    init(at moment: Moment) {
        offsetAtStart = Self.offset(of: moment.wallMilliseconds, at: moment.instant)
    }

    private static func offset(of milliseconds: UInt64, at instant: Instant) -> Int64 {
        Int64(clamping: milliseconds) - Int64(clamping: instant.nanoseconds / 1_000_000)
    }

    /// How far a time lies from the machine's, in either direction, if it can't be believed; nil if it can.
    ///
    /// - Parameters:
    ///   - trust: how wrong the machine's time may be.
    ///   - skew: how much two witnesses may differ and still agree.
    mutating func distance(
        of milliseconds: UInt64, by witness: Witness, trust: Duration, skew: Duration, at now: Moment
    ) -> Duration? {
        let told = Self.offset(of: milliseconds, at: now.instant)
        let shown = Self.offset(of: now.wallMilliseconds, at: now.instant)
        let distance = min((told - shown).magnitude, (told - offsetAtStart).magnitude)
        guard distance > UInt64(trust.wholeMilliseconds) else {
            self.told[witness] = nil
            return nil
        }
        self.told[witness] = told
        let other = self.told[witness == .node ? .clockServer : .node]
        if let other, (told - other).magnitude <= UInt64(skew.wholeMilliseconds) { return nil }
        return .milliseconds(Int64(distance))
    }
}

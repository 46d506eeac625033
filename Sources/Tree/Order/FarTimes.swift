/// Which of the times that a node is told it may believe.
///
/// There are three witnesses: the node's own machine, the clock server, and the nodes that it meets. A time that is
/// near the machine's is believed, since a machine may be wrong by a bad setting, by hours as by minutes. A time that
/// is far from it, by more than `Limits.clockTrust`, is believed only if the clock server and another node say the
/// same: two of three are right. So neither a clock server nor a peer alone takes a network years ahead, from where
/// stamps can't come back.
///
/// The machine's time is the one that its wall clock shows now, and the one that it showed at the start, counted on by
/// the monotonic clock: somebody who sets the machine's clock while the node runs sets it right or wrong.
struct FarTimes {
    /// Who tells a time.
    enum Witness: Hashable { case clockServer, node }

    /// What the machine showed at the start, in wall-clock milliseconds less those of the monotonic clock.
    private let offsetAtStart: Int64
    /// What was told last and is far from the machine's time, as such offsets.
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
    ///   - trust: how far the machine's time may be wrong.
    ///   - skew: how far the times of two witnesses who agree may differ.
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

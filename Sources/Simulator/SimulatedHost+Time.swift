import Tree

extension SimulatedHost {
    var wallMilliseconds: UInt64 {
        UInt64(Int64(SimulatedClock.startMilliseconds + world.now / millisecond) + wallOffset)
    }

    /// The time that the node is given.
    var moment: Moment {
        Moment(instant: Instant(nanoseconds: world.now + 1_000 * second), wallMilliseconds: wallMilliseconds)
    }
}

import Statistics

/// What all audiences of a process add to.
final class Meter {
    /// Of deliveries in this interval.
    var latencies = Latencies()
    /// Deliveries in this interval.
    var deliveries = 0
    /// Deliveries since the start, and those of them to clients that are read from.
    private(set) var total = 0
    private(set) var timed = 0
    /// Messages that are not of this run.
    var foreign = 0

    @inline(__always)
    func count(_ messages: Int, isTimed: Bool) {
        deliveries += messages
        total += messages
        if isTimed { timed += messages }
    }

    func beginInterval() {
        deliveries = 0
        latencies.removeAll()
    }
}

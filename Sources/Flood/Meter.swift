import Statistics

/// Counts the deliveries to all audiences of a process.
final class Meter {
    /// The latencies of this interval's deliveries.
    var latencies = Latencies()
    /// Deliveries in this interval.
    var deliveries = 0
    /// Deliveries since the start; below it, those to clients that are read from.
    private(set) var total = 0
    private(set) var timed = 0
    /// Messages that don't belong to this run.
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

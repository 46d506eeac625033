/// What is to happen when: a binary heap in the order of (time, serial), so that what was planned first for a moment
/// happens first in it.
struct EventQueue {
    struct Planned {
        let at: UInt64
        let serial: UInt64
        let happening: Happening
    }

    private var heap: [Planned] = []
    private var lastSerial: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: UInt64? { heap.first?.at }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].at, heap[a].serial) < (heap[b].at, heap[b].serial)
    }

    mutating func plan(_ happening: Happening, at time: UInt64) {
        lastSerial += 1
        heap.append(Planned(at: time, serial: lastSerial, happening: happening))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func takeNext() -> Planned? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, isBefore(left, least) { least = left }
            if left + 1 < heap.count, isBefore(left + 1, least) { least = left + 1 }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// What can happen in a simulated world. Everything is named by its index, so that an event is a few bytes.
enum Happening {
    /// A step of the schedule.
    case step(Int)
    /// A host wakes up: it reads what has come, looks at its timers, and ends its turn.
    case turn(host: Int)
    /// What an end sent reaches the other end.
    case arrival(end: Int)
    /// What an end sent in vain during a cut is sent again.
    case retransmission(end: Int)
    /// An end learns that the other one no longer knows the connection.
    case reset(end: Int)
    /// A call reaches the host that was called.
    case knock(dial: Int)
    /// The answer to a call reaches who called.
    case response(dial: Int)
    /// Slow work of a host is done.
    /// A question has come to the clock.
    case clock(host: Int, life: Int, question: Int)
    case work(host: Int, life: Int, serial: Int)
    /// A client does what it has planned.
    case client(Int, plan: Int)
    /// Everything is looked over.
    case inspection
}

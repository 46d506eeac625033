import HeapModule

/// What is to happen when, in the order of (time, serial): what was planned first for a moment happens first in it.
struct EventQueue {
    struct Planned: Comparable {
        let at: UInt64
        let serial: UInt64
        let happening: Happening

        static func == (a: Planned, b: Planned) -> Bool { a.serial == b.serial }
        static func < (a: Planned, b: Planned) -> Bool { (a.at, a.serial) < (b.at, b.serial) }
    }

    private var heap = Heap<Planned>()
    private var lastSerial: UInt64 = 0

    var nextTime: UInt64? { heap.min?.at }

    mutating func plan(_ happening: Happening, at time: UInt64) {
        lastSerial += 1
        heap.insert(Planned(at: time, serial: lastSerial, happening: happening))
    }

    mutating func takeNext() -> Planned? { heap.popMin() }
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
    /// A host's question reaches the clock.
    case clock(host: Int, life: Int, question: Int)
    /// Slow work of a host is done.
    case work(host: Int, life: Int, serial: Int)
    /// A client does what it has planned.
    case client(Int, plan: Int)
    /// Everything is looked over.
    case inspection
}

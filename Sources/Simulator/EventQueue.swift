import HeapModule

/// The planned happenings, ordered by (time, serial). Of two happenings at the same moment, the one that was planned
/// first happens first.
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

/// Something that can happen in a simulated world. Everything is named by its index, so a happening is a few bytes.
enum Happening {
    /// A step of the schedule.
    case step(Int)
    /// A host wakes up: it reads the received packets, checks its timers, and ends its turn.
    case turn(host: Int)
    /// A packet that this end sent reaches the other end.
    case arrival(end: Int)
    /// Packets that this end sent during a cut, and that were lost, are sent again.
    case retransmission(end: Int)
    /// An end learns that the other one no longer knows the connection.
    case reset(end: Int)
    /// An attempt to connect reaches the called host.
    case knock(dial: Int)
    /// The answer to an attempt reaches the caller.
    case response(dial: Int)
    /// A host's question reaches the clock.
    case clock(host: Int, life: Int, question: Int)
    /// Slow work of a host is done.
    case work(host: Int, life: Int, serial: Int)
    /// A client carries out its plan.
    case client(Int, plan: Int)
    /// A lying node carries out its plan.
    case liar(Int, plan: Int)
    /// The checks inspect the whole world.
    case inspection
}

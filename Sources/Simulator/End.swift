import DequeModule
import Tree

/// One unit that travels over a connection.
enum Packet {
    case message(Message)
    /// Lines of a node's log, as a client reads them.
    case lines([Line])
    /// Bytes that are no message.
    case garbage
    /// The other side sends nothing more.
    case finish
}

/// The holder of one end of a connection.
enum Holder: Equatable {
    /// One life of a host's process.
    case host(Int, life: Int)
    case client(Int)
    case liar(Int)
}

/// One end of a connection, with the packets that it sent and received.
///
/// ```
///   end 2n                                     end 2n + 1
///     flight  [ packet packet packet ] ------->  unread [ packet packet ]  -> its holder reads
///     unread  <------- [ packet ] flight
/// ```
/// The two ends of a connection have neighbouring indices.
final class End {
    enum State {
        case open
        /// The holder closed the end, or was told that it is closed. Packets that still arrive are answered with a
        /// reset.
        case closed
        /// The holder's machine has vanished. Nothing is answered while it is down.
        case lost
    }

    struct Flight {
        let packet: Packet
        var arrival: UInt64
    }

    let index: Int
    let holder: Holder
    /// The id by which the holder's node knows the connection.
    let connection: ConnectionID
    var chance: RandomNumbers
    var state = State.open

    // MARK: Sending

    var flight: Deque<Flight> = []
    var lastArrival: UInt64 = 0
    /// True from when a packet met a cut until it is sent again.
    var isStalled = false
    var isToldCongested = false
    /// Whether the next message gets spoilt.
    var isToBeSpoilt = false

    // MARK: Receiving

    var unread: Deque<Packet> = []
    /// When the oldest unread packet arrived.
    var unreadSince: UInt64 = 0
    /// False while the node has paused the connection.
    var isRead = true
    /// Whether the end is in its host's list of ends with unread packets.
    var isReady = false

    // MARK: Clients

    /// How far a client has been sent the log.
    var follows: UInt64?

    // MARK: Memory of the checks

    var toldWatermark = Stamp.zero

    /// Components that the vector in the last answer to a login didn't name, although their entries had been shown.
    var leftOut: [VersionVector.Component] = []

    /// The node that asked on this connection to become a child.
    var asker: Origin?

    /// Entries that the holder has read on this connection and not acknowledged; below it, how many it has
    /// acknowledged.
    var entriesRead: Deque<(origin: Int, sequence: UInt64)> = []
    var entriesReadBefore: UInt64 = 0

    init(index: Int, holder: Holder, chance: RandomNumbers) {
        self.index = index
        self.holder = holder
        self.chance = chance
        connection = ConnectionID(UInt64(index))
    }

    var other: Int { index ^ 1 }

    /// A node that lies holds it.
    var isLiars: Bool { if case .liar = holder { true } else { false } }

    var host: Int? {
        if case .host(let host, _) = holder { host } else { nil }
    }
}

/// An attempt of a host or client to connect.
final class Dial {
    let index: Int
    let caller: Holder
    let attempt: AttemptID
    /// Nil if there is nobody.
    let target: Int?
    /// The secret that the caller proves to know; nil for a caller that proves nothing.
    let proving: Secret?
    var tries = 0
    /// Whoever was called doesn't know that secret.
    var isUnproved = false
    /// The caller doesn't wait for the attempt any more.
    var isAbandoned = false
    /// The caller's end, once the connection is made.
    var end: End?
    /// The caller's end, while the answer that tells the caller of the connection is under way.
    var pending: End?

    init(index: Int, caller: Holder, attempt: AttemptID, target: Int?, proving: Secret? = nil) {
        self.index = index
        self.caller = caller
        self.attempt = attempt
        self.target = target
        self.proving = proving
    }
}

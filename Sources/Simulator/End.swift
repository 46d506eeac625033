import DequeModule
import Tree

/// What travels over a connection in one piece.
enum Packet {
    case message(Message)
    /// Lines of a node's log, as a client reads them.
    case lines([Line])
    /// Bytes that are no message.
    case garbage
    /// The other side sends nothing more.
    case finish
}

/// Who holds an end of a connection.
enum Holder: Equatable {
    /// One life of a host's process.
    case host(Int, life: Int)
    case client(Int)
}

/// One end of a connection, with what it has sent and what it has received.
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
        /// The holder closed it, or was told that it is closed. What still comes is answered with a reset.
        case closed
        /// The holder's machine is gone: nothing is answered as long as it is down.
        case lost
    }

    struct Flight {
        let packet: Packet
        var arrival: UInt64
    }

    let index: Int
    let holder: Holder
    /// How the holder's node calls the connection.
    let connection: ConnectionID
    var chance: RandomNumbers
    var state = State.open

    // MARK: Sending

    var flight: Deque<Flight> = []
    var lastArrival: UInt64 = 0
    /// Set from when a packet met a cut until it is sent again.
    var isStalled = false
    var isToldCongested = false
    /// The next message is spoilt.
    var isToBeSpoilt = false

    // MARK: Receiving

    var unread: Deque<Packet> = []
    /// When the oldest of these came.
    var unreadSince: UInt64 = 0
    /// False while the node doesn't want to hear of this connection.
    var isRead = true
    /// Stands in the host's list of ends that have something to be read.
    var isReady = false

    // MARK: Clients

    /// Where a client's reading of the log has got to.
    var follows: UInt64?

    // MARK: What the checks remember

    var toldWatermark = Stamp.zero

    /// What the vector of the last answer to a login did not name, although it had been shown.
    var leftOut: [VersionVector.Component] = []

    /// Who asked on this connection to be taken as a child.
    var asker: Origin?

    /// Entries that the holder has read on this connection, and how many of them it has acknowledged.
    var entriesRead: Deque<(origin: Int, sequence: UInt64)> = []
    var entriesReadBefore: UInt64 = 0

    init(index: Int, holder: Holder, chance: RandomNumbers) {
        self.index = index
        self.holder = holder
        self.chance = chance
        connection = ConnectionID(UInt64(index))
    }

    var other: Int { index ^ 1 }

    var host: Int? {
        if case .host(let host, _) = holder { host } else { nil }
    }
}

/// A connection that somebody has asked for.
final class Dial {
    let index: Int
    let caller: Holder
    let attempt: AttemptID
    let target: Int
    var tries = 0
    /// Nobody waits for it any longer.
    var isAbandoned = false
    /// The caller's end, once it stands.
    var end: End?
    /// The end that waits for the caller to learn that the connection stands.
    var pending: End?

    init(index: Int, caller: Holder, attempt: AttemptID, target: Int) {
        self.index = index
        self.caller = caller
        self.attempt = attempt
        self.target = target
    }
}

import DequeModule

/// Decides whether a connection is read from: it is unless there is a reason against it.
///
/// A connection may be held for several reasons at once, and is read from again when the last one is gone. Only held
/// connections take memory here.
struct ReadingGate {
    /// Why a connection isn't read from.
    struct Reasons: OptionSet, Hashable {
        let rawValue: UInt8

        /// The client asked for something whose answer takes time, such as a login.
        static let awaitsAnswer = Reasons(rawValue: 1 << 0)
        /// The client doesn't read what it was sent, so it must not ask for more answers.
        static let congested = Reasons(rawValue: 1 << 1)
        /// The client has seen messages that this node lacks: what it says next could answer one of them.
        static let catchingUp = Reasons(rawValue: 1 << 2)
        /// The queue of this node is full, or one of its links lags too far.
        static let backpressure = Reasons(rawValue: 1 << 3)
        /// The client has said more than it may in a second.
        static let rateLimited = Reasons(rawValue: 1 << 4)
        /// The node doesn't serve clients yet.
        static let parked = Reasons(rawValue: 1 << 5)
    }

    private var reasons: [ConnectionID: Reasons] = [:]
    /// Clients in the order in which backpressure stopped them: the first is the first to be read from again. Clients
    /// that are no longer held for this reason are skipped: thousands may vanish at once, and to search for each would
    /// take long.
    private var stoppedByBackpressure: Deque<ConnectionID> = []
    /// How many clients backpressure holds.
    private var countOfHeldBack = 0

    /// How many connections are held.
    var count: Int { reasons.count }

    func isHeld(_ connection: ConnectionID, for reason: Reasons) -> Bool {
        reasons[connection]?.isSuperset(of: reason) == true
    }

    /// Whether a connection isn't read from, for whatever reason.
    func isHeld(_ connection: ConnectionID) -> Bool { reasons[connection] != nil }

    /// Whether anybody waits for room.
    var holdsBack: Bool { countOfHeldBack > 0 }
    var heldBack: [ConnectionID] { stoppedByBackpressure.filter { isHeld($0, for: .backpressure) } }

    // MARK: Changes

    /// Adds a reason not to read from a connection.
    ///
    /// - Returns: a pause, even for a connection that is held already: the runner may have read on meanwhile.
    mutating func hold(_ connection: ConnectionID, for reason: Reasons) -> Effect {
        let before = reasons.updateValue(reasons[connection, default: []].union(reason), forKey: connection) ?? []
        if reason.contains(.backpressure), !before.contains(.backpressure) {
            stoppedByBackpressure.append(connection)
            countOfHeldBack += 1
        }
        return .pause(connection)
    }

    /// Removes a reason not to read from a connection.
    ///
    /// - Returns: nil if another reason is left, or there was none, since the connection may be gone.
    mutating func release(_ connection: ConnectionID, from reason: Reasons) -> Effect? {
        guard let before = reasons[connection] else { return nil }
        let left = before.subtracting(reason)
        if left.isEmpty { remove(connection) } else { reasons[connection] = left }
        if before.contains(.backpressure), !left.contains(.backpressure) { noLongerHeldBack() }
        return left.isEmpty ? .resume(connection) : nil
    }

    /// The window has room for some clients again.
    ///
    /// - Parameter count: how many clients may be read from.
    /// - Returns: the resumes of clients that only backpressure held, in the order in which it stopped them.
    mutating func hasRoom(for count: Int) -> [Effect] {
        var resumed: [Effect] = []
        while resumed.count < count, let connection = stoppedByBackpressure.popFirst() {
            guard isHeld(connection, for: .backpressure) else { continue }
            if let effect = release(connection, from: .backpressure) { resumed.append(effect) }
        }
        return resumed
    }

    private mutating func noLongerHeldBack() {
        countOfHeldBack -= 1
        guard stoppedByBackpressure.count > 2 * countOfHeldBack + 64 else { return }
        stoppedByBackpressure.removeAll { reasons[$0]?.contains(.backpressure) != true }
    }

    /// The connection is gone.
    mutating func forget(_ connection: ConnectionID) {
        guard let before = reasons[connection] else { return }
        remove(connection)
        if before.contains(.backpressure) { noLongerHeldBack() }
    }

    private mutating func remove(_ connection: ConnectionID) {
        reasons[connection] = nil
        // An emptied dictionary keeps its memory: after a storm of logins it would keep it for nothing.
        if reasons.isEmpty { reasons = [:] }
    }
}

extension Node {
    /// Reads no more from a connection until this reason is gone.
    func stopReading(_ connection: ConnectionID, for reason: ReadingGate.Reasons) {
        emit(admission.gate.hold(connection, for: reason))
    }

    /// Reads from a connection again unless it is held for another reason too.
    func readAgain(_ connection: ConnectionID, after reason: ReadingGate.Reasons) {
        if let effect = admission.gate.release(connection, from: reason) { emit(effect) }
    }
}

import JSON
import Tree

// What the user says. The input waits while too much is under way, so a fast program cannot fill the memory.

extension ClientSession {
    mutating func typed(_ line: [UInt8], _ now: Instant, _ effects: inout [Effect]) {
        // Whoever said that this was all waits for the end.
        guard !hasInputEnded else { return }
        guard takesCommands, line.first == UInt8(ascii: "/") else { return say(line, &effects) }
        if line.dropFirst().first == UInt8(ascii: "/") { return say(Array(line.dropFirst()), &effects) }
        perform(TypedCommand(line), now, &effects)
    }

    mutating func say(_ line: [UInt8], _ effects: inout [Effect]) {
        guard let activity = TypedLine.activity(line) else { return }
        // Before the first login nobody knows how much the server takes.
        if hasLoggedIn, refusesAsTooLong(activity, sequence: outbox.nextSequence, &effects) { return }
        let message = outbox.add(activity)
        if isOnline, oneByOneThrough == nil { send(message, &effects) }
        if !isInputPaused, outbox.messages.count >= limits.window || outbox.bytes >= limits.windowBytes {
            isInputPaused = true
            effects.append(.pauseInput)
        }
    }

    private mutating func send(_ message: Outbox.Message, _ effects: inout [Effect]) {
        let line = ClientMessages.activity(message.activity, sequence: message.sequence, by: identity)
        sentThrough = message.sequence
        effects.append(.send(line))
    }

    /// What has not been sent over this connection yet. While it isn't known which message the server has complained
    /// about, each waits until the one before has come back.
    mutating func sendOutstanding(_ effects: inout [Effect]) {
        guard isOnline else { return }
        if let through = oneByOneThrough, let first = outbox.messages.first, first.sequence <= through {
            if sentThrough < first.sequence { send(first, &effects) }
            return
        }
        oneByOneThrough = nil
        for message in outbox.messages where message.sequence > sentThrough { send(message, &effects) }
    }

    mutating func resumeInputIfRoom(_ effects: inout [Effect]) {
        guard isInputPaused, outbox.messages.count <= limits.window / 2, outbox.bytes <= limits.windowBytes / 2
        else { return }
        isInputPaused = false
        effects.append(.resumeInput)
    }

    // MARK: What is not said

    mutating func refuse(_ notice: Notice, _ effects: inout [Effect]) {
        effects.append(.tell(notice))
        // A person has read it; a program has to be told at the end.
        if !takesCommands { hasRefused = true }
    }

    private mutating func refusesAsTooLong(_ activity: [UInt8], sequence: UInt64, _ effects: inout [Effect]) -> Bool {
        let bytes = ClientMessages.activity(activity, sequence: sequence, by: identity).count - 1
        guard bytes > lineBytes else { return false }
        refuse(.refusedAsTooLong(bytes: bytes, limitBytes: lineBytes), &effects)
        return true
    }

    /// What waited may be too long for the server that lets us in now.
    mutating func refuseTooLong(_ effects: inout [Effect]) {
        // What lies around an activity is short, and its own length is known.
        for message in outbox.messages where message.activity.count > lineBytes / 2 {
            if refusesAsTooLong(message.activity, sequence: message.sequence, &effects) {
                outbox.remove(message.sequence)
            }
        }
        resumeInputIfRoom(&effects)
    }

    // MARK: What is on its way

    /// The newest of the own messages that have not come back, as texts.
    public func underWay(atMost count: Int) -> [String] {
        outbox.messages.suffix(count).map { BroadcastText.text(of: $0.activity) }
    }

    public var countUnderWay: Int { outbox.messages.count }
}

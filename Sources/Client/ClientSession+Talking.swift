import JSON
import Tree

// How a session sends the user's messages. The input waits while too many are under way, so a fast program can't fill
// the memory.

extension ClientSession {
    mutating func typed(_ line: [UInt8], _ now: Instant, _ effects: inout [Effect]) {
        // After the end of the input, or `/quit`, no further line is accepted.
        guard !hasInputEnded else { return }
        guard takesCommands, line.first == UInt8(ascii: "/") else { return say(line, &effects) }
        if line.dropFirst().first == UInt8(ascii: "/") { return say(Array(line.dropFirst()), &effects) }
        perform(TypedCommand(line), now, &effects)
    }

    mutating func say(_ line: [UInt8], _ effects: inout [Effect]) {
        guard let activity = TypedLine.activity(line) else { return }
        // Before the first login it is unknown how long a line the server takes.
        if hasLoggedIn, refusesAsTooLong(activity, sequence: outbox.nextSequence, &effects) { return }
        let message = outbox.add(activity)
        if isOnline, oneByOneThrough == nil { send(message, &effects) }
        if !isInputPaused, outbox.messages.count >= limits.window || outbox.bytes >= limits.windowBytes {
            isInputPaused = true
            effects.append(.pauseInput)
        }
    }

    private mutating func send(_ message: Outbox.Message, _ effects: inout [Effect]) {
        let line = ClientMessages.activity(
            message.activity, sequence: message.sequence, by: identity, showsSecret: hasShownSecret)
        sentThrough = message.sequence
        effects.append(.send(line))
    }

    /// Sends the messages that were not sent yet over this connection. If the server complained and it isn't known
    /// about which message, each message waits until the one before has come back.
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

    // MARK: Refused input

    mutating func refuse(_ notice: Notice, _ effects: inout [Effect]) {
        effects.append(.tell(notice))
        // A person has read the notice. A program learns of it from the exit status.
        if !takesCommands { hasRefused = true }
    }

    private mutating func refusesAsTooLong(_ activity: [UInt8], sequence: UInt64, _ effects: inout [Effect]) -> Bool {
        let bytes = ClientMessages.activity(activity, sequence: sequence, by: identity).count - 1
        guard bytes > lineBytes else { return false }
        refuse(.refusedAsTooLong(bytes: bytes, limitBytes: lineBytes), &effects)
        return true
    }

    /// Refuses waiting messages that are too long for the server of this login.
    mutating func refuseTooLong(_ effects: inout [Effect]) {
        // A message needs few bytes besides its activity. So only activities of more than half the limit have to be
        // checked.
        for message in outbox.messages where message.activity.count > lineBytes / 2 {
            if refusesAsTooLong(message.activity, sequence: message.sequence, &effects) {
                outbox.remove(message.sequence)
            }
        }
        resumeInputIfRoom(&effects)
    }

    // MARK: Messages under way

    /// The texts of the newest own messages that have not come back.
    public func underWay(atMost count: Int) -> [String] {
        outbox.messages.suffix(count).map { BroadcastText.text(of: $0.activity) }
    }

    public var countUnderWay: Int { outbox.messages.count }
}

import Tree

// What the user says. The input waits while too much is under way, so a fast program cannot fill the memory.

extension ClientSession {
    mutating func say(_ line: [UInt8], _ effects: inout [Effect]) {
        guard let activity = TypedLine.activity(line) else { return }
        let message = outbox.add(activity)
        if case .loggedIn = state { send(message, &effects) }
        if !isInputPaused, outbox.messages.count >= limits.window || outbox.bytes >= limits.windowBytes {
            isInputPaused = true
            effects.append(.pauseInput)
        }
    }

    func send(_ message: Outbox.Message, _ effects: inout [Effect]) {
        let line = ClientMessages.activity(message.activity, sequence: message.sequence, by: identity)
        effects.append(.send(line))
    }

    mutating func resumeInputIfRoom(_ effects: inout [Effect]) {
        guard isInputPaused, outbox.messages.count <= limits.window / 2, outbox.bytes <= limits.windowBytes / 2
        else { return }
        isInputPaused = false
        effects.append(.resumeInput)
    }
}

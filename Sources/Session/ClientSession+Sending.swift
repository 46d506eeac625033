import Tree
import Wire

// How a session sends the program's messages.

extension ClientSession {
    /// Says the text of an object. It is sent at once, or at the next login.
    ///
    /// - Returns: the number of the message in the session.
    /// - Throws: if the server doesn't take it. Before the first login it is unknown how long a line the server takes.
    public mutating func say(
        _ activity: [UInt8], at now: Instant, into effects: inout [Effect]
    ) throws(TooLong) -> UInt64 {
        if hasLoggedIn, let fault = tooLong(activity, outbox.nextSequence) { throw fault }
        let message = outbox.add(activity)
        if isOnline, oneByOneThrough == nil {
            send(message, &effects)
            heartbeat.said(now)
        }
        return message.sequence
    }

    private var secretOfMessages: Secret? { hasShownSecret ? identity.shownSecret : nil }

    private mutating func send(_ message: Outgoing, _ effects: inout [Effect]) {
        sentThrough = message.sequence
        effects.append(
            .send(
                ClientMessages.activity(
                    message.activity, sequence: message.sequence, by: name, secret: secretOfMessages)))
        if mutation == .resolvesAtOnce {
            let copies = promisedCopies
            effects.append(.resolve(Receipt(sequence: message.sequence, copies: copies, promised: copies)))
        }
    }

    /// To be called when a login has succeeded: what was sent over the last connection may be lost.
    mutating func beginSending(_ effects: inout [Effect]) {
        if mutation != .saysNothingAgain { sentThrough = 0 }
        sendOutstanding(&effects)
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

    // MARK: Receipts

    /// The number of an own message that comes back. A server shows only what is safe.
    func ownNumber(of broadcast: Broadcast) -> OwnEcho? {
        guard broadcast.sender == name else { return nil }
        if let session = broadcast.session {
            guard session == shownSession ?? identity.session, let sequence = broadcast.sequence else { return nil }
            return .numbered(sequence)
        }
        // A server of the base protocol gives no numbers, so the message is recognised by its content.
        return broadcast.id == nil ? .alike : nil
    }

    enum OwnEcho {
        case numbered(UInt64)
        case alike
    }

    /// - Returns: whether it is an own message that has come back.
    mutating func cameBack(_ broadcast: Broadcast, _ effects: inout [Effect]) -> Bool {
        guard let echo = ownNumber(of: broadcast) else { return false }
        let numbers: [UInt64]
        let last: UInt64
        switch echo {
        case .numbered(let number): (numbers, last) = (outbox.cameBack(number), number)
        case .alike:
            guard let number = outbox.cameBack(broadcast.activity) else { return false }
            (numbers, last) = ([number], number)
        }
        complaints = 0
        let copies = broadcast.copies ?? promisedCopies
        for number in numbers where mutation != .resolvesAtOnce {
            effects.append(
                .resolve(
                    Receipt(
                        sequence: number, copies: copies, promised: promisedCopies,
                        id: number == last ? broadcast.id : nil, stamp: number == last ? broadcast.stamp : nil)))
        }
        if oneByOneThrough != nil { sendOutstanding(&effects) }
        return true
    }

    // MARK: Messages that are given up

    private func tooLong(_ activity: [UInt8], _ sequence: UInt64) -> TooLong? {
        // A message needs few bytes besides its activity. So only long activities have to be checked.
        guard activity.count > lineBytes / 2 || lineBytes < 4 * SessionLimits.leastLineBytes else { return nil }
        let line = ClientMessages.activity(activity, sequence: sequence, by: name, secret: secretOfMessages)
        let bytes = line.count - 1
        return bytes > lineBytes ? TooLong(bytes: bytes, limitBytes: lineBytes) : nil
    }

    /// Refuses waiting messages that are too long for the server of this login.
    mutating func refuseTooLong(_ effects: inout [Effect]) {
        for message in outbox.messages {
            guard let fault = tooLong(message.activity, message.sequence) else { continue }
            outbox.remove(message.sequence)
            effects.append(.refuse(message, .tooLong(fault)))
        }
    }

    /// Handles `INVALID_MESSAGE`. Usually the client made a mistake, or the server wants to close the connection. The
    /// reason may be one message, which the client would otherwise repeat for ever.
    mutating func complained(_ info: String, _ now: Instant, _ effects: inout [Effect]) {
        guard hasLoggedIn else { return end(ClientFault(.notUnderstood, info, at: currentAddress), &effects) }
        let underWay = isOnline ? outbox.messages.prefix { $0.sequence <= sentThrough } : []
        if underWay.isEmpty || Self.isAboutTheConnection(info) {
            complaints += 1
            if complaints >= limits.complaints { return end(ClientFault(.serverComplains, info), &effects) }
            effects.append(.remark(.complaint(info: info)))
        } else if underWay.count == 1 {
            complainedAbout(underWay[underWay.startIndex], info, &effects)
        } else {
            effects.append(.remark(.complaint(info: info)))
            oneByOneThrough = sentThrough
        }
        goElsewhere(info, now, &effects)
    }

    private mutating func complainedAbout(_ message: Outgoing, _ info: String, _ effects: inout [Effect]) {
        let times = suspect?.sequence == message.sequence ? suspect!.times + 1 : 1
        suspect = (message.sequence, times)
        guard times >= limits.complaintsPerMessage else {
            oneByOneThrough = max(message.sequence, oneByOneThrough ?? 0)
            effects.append(.remark(.complaint(info: info)))
            return
        }
        suspect = nil
        outbox.remove(message.sequence)
        effects.append(.refuse(message, .byServer(info: info)))
    }

    /// Whether the complaint is about the connection, and not about a message.
    private static func isAboutTheConnection(_ info: String) -> Bool {
        ["too slow", "try again", "is full"].contains { info.contains($0) }
    }
}

import UV

/// How far a crowd's sending is.
enum SendingState: Equatable {
    /// Not all clients of all workers are logged in.
    case notYet
    /// The crowd has been sending since this time.
    case since(UInt64)
    /// Nothing more is sent. Deliveries that are under way still arrive.
    case stopped
}

extension Crowd {
    /// From now on, at the end of each turn, senders send the messages that are due.
    func beginSending(at now: UInt64) {
        sendingState = .since(now)
    }

    func stopSending() {
        sendingState = .stopped
    }

    /// To be called after each read. A turn of the loop may read from ten thousand connections. Messages that are due
    /// don't wait until all have been read.
    @inline(__always)
    func didRead(at now: UInt64) {
        reads &+= 1
        if reads & 255 == 0 { _ = sendWhatIsDue(at: now) }
    }

    /// Sends the messages that are due.
    ///
    /// - Returns: nanoseconds until more are due; nil if that depends on deliveries.
    func sendWhatIsDue(at now: UInt64) -> UInt64? {
        guard case .since(let start) = sendingState, !sending.isEmpty else { return nil }
        switch plan.load {
        case .rate(let rate):
            let interval = 1e9 / rate
            let due = Int(Double(now &- min(now, start)) / interval) + 1
            send(due - sentTotal) { UInt64(Double($0) * interval) + start }
            let next = start + UInt64(Double(sentTotal) * interval)
            return next > now ? next - now : 0
        case .window(let window):
            guard listeners > 0 else { return nil }
            if mustCount { countUnderWay() }
            let underWay = owed - (meter.timed - settledBefore)
            send((window * listeners - underWay) / listeners) { _ in now }
            return nil
        }
    }

    /// Makes the senders take turns.
    ///
    /// - Parameter time: the time at which a message should be sent, by its index.
    private func send(_ count: Int, time: (Int) -> UInt64) {
        guard count > 0 else { return }
        // Each sender's messages of this turn go out in one piece. A sender that has too much in libuv's queue delays
        // the rest. The latency of the delayed messages still counts from when they were due.
        let senders = sending.count
        var left = count
        while left > 0 {
            let round = min(left, max(senders, 4096))
            let first = sentTotal
            var isHeldUp = false
            for sender in 0..<min(senders, round) {
                let number = (first + sender) % senders
                let stream = sending[number].stream
                if stream == nil || stream!.queuedBytes > plan.limits.queuedBytes { isHeldUp = true }
            }
            if isHeldUp { return }
            for offset in 0..<min(senders, round) {
                let sender = (first + offset) % senders
                output.removeAll(keepingCapacity: true)
                for index in stride(from: first + offset, to: first + round, by: senders) {
                    let number = MessageNumber(sender: sender, sequence: sent[sender], sentAt: time(index))
                    output += envelopes[sender].before
                    payloads.append(number, to: &output)
                    output += envelopes[sender].after
                    sent[sender] += 1
                }
                sending[sender].write(output)
            }
            sentTotal += round
            owed += round * listeners
            left -= round
        }
    }

    /// Counts the deliveries that are under way, by looking at every client. Needed after a client came or went, since
    /// it is unknown how many of them were its own.
    private func countUnderWay() {
        mustCount = false
        settledBefore = meter.timed
        owed = 0
        for client in clients where !client.isSlow {
            guard let seat = client.seat else { continue }
            owed += max(0, sentTotal - client.sentBefore - client.target.audience.received(seat))
        }
    }
}

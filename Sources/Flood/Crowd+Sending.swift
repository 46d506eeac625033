import UV

/// Where a crowd is in its run.
enum SendingState: Equatable {
    /// Until everybody is here, in all workers.
    case notYet
    /// Since a time.
    case since(UInt64)
    /// What is under way arrives; nothing more is sent.
    case stopped
}

extension Crowd {
    /// From now on senders send, at the end of each turn, what is due.
    func beginSending(at now: UInt64) {
        sendingState = .since(now)
    }

    func stopSending() {
        sendingState = .stopped
    }

    /// Something was read. A turn of the loop reads from everybody who has something, ten thousand perhaps, and who
    /// sends doesn't wait for the last of them.
    @inline(__always)
    func didRead(at now: UInt64) {
        reads &+= 1
        if reads & 255 == 0 { _ = sendWhatIsDue(at: now) }
    }

    /// Sends what is due.
    ///
    /// - Returns: nanoseconds until more is due; nil if only deliveries can tell.
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

    /// Lets the senders send in turn.
    ///
    /// - Parameter time: when the how-manieth message of all is meant to be sent.
    private func send(_ count: Int, time: (Int) -> UInt64) {
        guard count > 0 else { return }
        // Each sender's messages of this turn in one piece; who has too much with libuv already holds up the rest,
        // whose time goes on counting.
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
                sending[sender].stream?.write(output)
            }
            sentTotal += round
            owed += round * listeners
            left -= round
        }
    }

    /// Who came or went was owed part of what is under way; which part is told by looking at everybody.
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

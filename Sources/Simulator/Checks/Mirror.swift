import Tree

/// The content of a node's log, read from outside.
struct Mirror {
    /// The highest sequence that it has of every origin, by number.
    var have = View.Table()
    /// Read up to there.
    var position = LogPosition(0)
    var safe = LogPosition(0)
    /// Safe of every origin.
    var safeOf = View.Table()
    /// Numbers of the origins that are not safe to their end, of entries accepted here.
    var accepted: UInt64 = 0
}

// Prefixes and equal content (design: "prefixes only, and equal content for equal (origin, sequence) on all nodes"),
// the causal order of logs (P4), and stamps that grow.

extension Checks {
    /// Reads the entries that a node has stored since the last time.
    func follow(_ host: SimulatedHost, _ node: Node) {
        let registry = world.registry
        var position = mirrors[host.index].position
        if position < node.log.floor { position = node.log.floor }
        while position < node.log.stored {
            let origin = node.log.origin(at: position)
            let sequence = node.log.sequence(at: position)
            let number = registry.number(of: origin)
            if sequence != mirrors[host.index].have[number] + 1 {
                fail(
                    "a log holds prefixes",
                    "h\(host.index) has \(sequence) of o\(number) after \(mirrors[host.index].have[number])")
            }
            if origin == node.origin, registry.record(number, sequence) == nil {
                accepted(node.entry(node.log.content(at: position)), number, host)
            }
            checkPast(number, sequence, host)
            mirrors[host.index].have.raise(number, to: sequence)
            registry.change(number, sequence) { $0.holders += 1 }
            position = position.next
        }
        mirrors[host.index].position = position
        followSafe(host, node)
    }

    private func followSafe(_ host: SimulatedHost, _ node: Node) {
        var position = max(mirrors[host.index].safe, node.log.floor)
        while position < node.log.safe {
            let number = world.registry.number(of: node.log.origin(at: position))
            let sequence = node.log.sequence(at: position)
            mirrors[host.index].safeOf.raise(number, to: sequence)
            checkHeld(number, sequence, position, host, node)
            position = position.next
        }
        mirrors[host.index].safe = position
    }

    /// A node numbered an entry of its own.
    private func accepted(_ entry: Entry, _ number: Int, _ host: SimulatedHost) {
        if let before = world.registry.record(number, entry.sequence - 1), before.entry.stamp >= entry.stamp {
            fail("stamps grow", "o\(number) gave \(entry.stamp.value) after \(before.entry.stamp.value)")
        }
        checkStamp(entry, number, host)
        world.registry.add(entry, number: number, past: mirrors[host.index].have.sequences)
        guard case .activity(let activity) = entry.body, let saying = Saying(activity.text) else { return }
        noteCopy(of: saying, number, entry.sequence)
    }

    /// If the node that accepts an entry has another one before it in its log, every log has the other one before it.
    private func checkPast(_ number: Int, _ sequence: UInt64, _ host: SimulatedHost) {
        guard let record = world.registry.record(number, sequence) else {
            return fail(
                "P2 only what was said", "h\(host.index) stores \(sequence) of o\(number), which nobody accepted")
        }
        for other in record.past.indices where record.past[other] > mirrors[host.index].have[other] {
            return fail(
                "P4 logs are in causal order",
                "h\(host.index) stores \(sequence) of o\(number) before \(record.past[other]) of o\(other)")
        }
    }

    /// An entry that arrives at a node is the same as its origin stored.
    func checkContent(_ entry: Entry, on end: End) {
        let number = world.registry.number(of: entry.origin)
        guard let record = world.registry.record(number, entry.sequence) else {
            return fail("P2 only what was said", "\(entry.sequence) of o\(number) was sent, and nobody accepted it")
        }
        if record.entry != entry {
            fail("P2 unchanged", "\(entry.sequence) of o\(number) is \(entry), was \(record.entry)")
        }
        end.entriesRead.append((number, entry.sequence))
    }

    /// A node skips entries that no node can give it any more.
    func skipped(_ gap: Log.Gap, _ host: SimulatedHost, _ node: Node) {
        follow(host, node)
        let number = world.registry.number(of: gap.origin)
        guard gap.through > mirrors[host.index].have[number] else { return }
        if gap.from != mirrors[host.index].have[number] + 1 {
            fail(
                "gaps are exact",
                "h\(host.index) skips \(gap.from)...\(gap.through) of o\(number) and has "
                    + "\(mirrors[host.index].have[number])"
            )
        }
        checkRetention(gap, host)
        mirrors[host.index].have.raise(number, to: gap.through)
        rest.gaps += 1
    }

    /// Nodes keep entries for members that are away, for the configured time from the first loss: until then the
    /// entries that the lost branch held count. There are exceptions: members that are away too long, logs that would
    /// grow too large, and the loss of a node that remembered the branch.
    private func checkRetention(_ gap: Log.Gap, _ host: SimulatedHost) {
        let setting = world.setting
        guard setting.retentionBytes > 1 << 20, setting.retentionCapSeconds > 3600, agreement.failures == 0,
            whole.lives == lives, !setting.quirks.contains(.narrow), !setting.quirks.contains(.calm),
            !setting.quirks.contains(.leavesBehind),
            world.now < (whole.firstLossAt ?? world.now) + UInt64(setting.retentionSeconds) * second
        else { return }
        fail("nothing goes that a member lacks", "h\(host.index) was away for a moment and lost \(gap.count) entries")
    }
}

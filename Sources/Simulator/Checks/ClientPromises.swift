import Tree

// What clients are promised, at every line that one of them reads: P2, P3, P4, P6, P7, P10.

extension Checks {
    /// A client reads a line. Nil if it drops the line: a client that resumes drops messages that it has seen under
    /// another id.
    func shown(_ line: Line, to client: SimulatedClient) -> Saying? {
        linesRead += 1
        let registry = world.registry
        let number = registry.number(of: line.entry.origin)
        let sequence = line.entry.sequence
        world.trace.note(world.now, -1 - client.index, .client, UInt64(number), sequence)
        guard let record = registry.record(number, sequence), case .activity(let activity) = line.entry.body,
            let saying = Saying(activity.text), saying.client < world.clients.count,
            saying.number <= world.clients[saying.client].said.count
        else {
            fail("P2 only what was said", "c\(client.index) is shown \(sequence) of o\(number)")
            return nil
        }
        if record.entry != line.entry || world.clients[saying.client].said[saying.number - 1] != saying {
            fail("P2 unchanged", "c\(client.index) is shown \(line.entry), which was \(record.entry)")
        }
        // A node that had to pass over an entry counts as one that has it: vectors don't tell the two apart.
        if line.copies > record.holders, rest.gaps == 0, !isHolderInvented {
            fail(
                "P10 as many hold it as is said",
                "c\(client.index) is told that \(line.copies) hold \(sequence) of o\(number), \(record.holders) do")
        }
        registry.change(number, sequence) { $0.shownCopies = max($0.shownCopies, line.copies) }
        checkNothingPassedOver(number, sequence, client)
        checkPlace(line, client)
        let isKnown = isKnown(saying.client, saying.number, client.view)
        client.passed(number, sequence)
        world.trace.remark(
            world.now,
            "c\(client.index) at h\(client.host ?? -1) reads \(saying.number) of c\(saying.client), \(sequence) of "
                + "o\(number)"
        )
        let speaker = world.clients[saying.client]
        let seenAfter = client.view.seenAfterLogin(saying.client, saying.number)
        // If nodes had to skip entries, this node may have only the second copy. And if the client was told that it
        // won't get one copy, the other one may still come.
        let copies = copies(saying.client, saying.number)
        let mayBeSecond =
            copies.count > 1
            && (rest.gaps > 0 || copies.contains { isInGap($0.origin, $0.sequence, client.view) })
        if isKnown, seenAfter > 0 || !mayBeSecond {
            if !client.numbers || !speaker.numbers || seenAfter == client.logins {
                fail("P2 at most once", "c\(client.index) is shown \(saying.number) of c\(saying.client) twice")
            }
            rare.count(.retryDroppedByClient)
            return nil
        }
        if !speaker.isOutOfOrder, !mayBeSecond,
            client.view.lastNumber(of: saying.client, era: saying.era) > saying.number
        {
            let last = client.view.lastNumber(of: saying.client, era: saying.era)
            fail("P3 sender order", "c\(client.index) is shown \(saying.number) of c\(saying.client) after \(last)")
        }
        if let answered = saying.answered, !speaker.isOutOfOrder,
            !isCovered(answered.client, answered.number, client.view)
        {
            fail(
                "P4 causal order",
                "c\(client.index) is shown \(saying.number) of c\(saying.client) before what it answers: "
                    + "\(answered.number) of c\(answered.client)")
        }
        return saying
    }

    /// A node acknowledges what it hasn't stored, or has other bodies under the ids of entries: how many hold an entry
    /// rests on its word.
    private var isHolderInvented: Bool { world.liars.contains { [.promises, .bodies].contains($0.lie) } }

    /// Whether a view has a message, under any id, or was told that it won't get it.
    func isCovered(_ client: Int, _ number: Int, _ view: View) -> Bool {
        isKnown(client, number, view)
            || copies(client, number).contains { isInGap($0.origin, $0.sequence, view) }
    }

    /// Whether a view has a message, or begins after it, under any id.
    private func isKnown(_ client: Int, _ number: Int, _ view: View) -> Bool {
        view.hasSeen(client, number) || copies(client, number).contains { view.start[$0.origin] >= $0.sequence }
    }

    private func isInGap(_ number: Int, _ sequence: UInt64, _ view: View) -> Bool {
        view.gaps.contains {
            $0.from <= sequence && sequence <= $0.through && world.registry.number(of: $0.origin) == number
        }
    }

    /// Between this entry and the last one that the client read of its origin, there is none that it should have been
    /// shown.
    private func checkNothingPassedOver(_ number: Int, _ sequence: UInt64, _ client: SimulatedClient) {
        let last = client.view.read[number]
        if sequence <= last {
            return fail("P2 at most once", "c\(client.index) is shown \(sequence) of o\(number) after \(last)")
        }
        checkCovered(number, after: last, before: sequence, client, "P6 nothing is passed over")
    }

    func checkCovered(_ number: Int, after last: UInt64, before end: UInt64, _ client: SimulatedClient, _ rule: String)
    {
        guard last + 1 < end else { return }
        for missing in last + 1..<end {
            guard let record = world.registry.record(number, missing),
                case .activity(let activity) = record.entry.body, let saying = Saying(activity.text)
            else { continue }
            if isCovered(saying.client, saying.number, client.view) || isInGap(number, missing, client.view) {
                continue
            }
            return fail(
                rule,
                "c\(client.index) at h\(client.host ?? -1) was not shown \(missing) of o\(number): "
                    + "\(saying.number) of c\(saying.client)")
        }
    }

    /// A client is told that it won't get some entries.
    func told(_ gap: Log.Gap, _ client: SimulatedClient) {
        let number = world.registry.number(of: gap.origin)
        if client.logins > 1 { rare.count(.resumeMetAGap) }
        world.trace.remark(
            world.now,
            "c\(client.index) at h\(client.host ?? -1) is told of the gap \(gap.from)...\(gap.through) of o\(number)")
        if gap.through <= client.view.read[number] {
            fail(
                "gaps are exact",
                "c\(client.index) is told of a gap up to \(gap.through) of o\(number), which it has read")
        }
        // From now on it counts as having read all before the gap, at every node.
        checkCovered(
            number, after: client.view.read[number], before: gap.from, client, "a gap is told behind what is before it")
    }

    /// A node shows single lines only from before the safe mark.
    func checkSafeMark(_ connection: ConnectionID, _ line: ReadableLine, _ host: SimulatedHost, _ node: Node) {
        if line.offset + UInt64(line.length) > node.readableEnd {
            fail("never above the safe mark", "h\(host.index) shows what lies at \(line.offset)")
        }
    }

    /// An entry that a node calls safe is held by as many nodes as the digit says.
    func checkHeld(
        _ number: Int, _ sequence: UInt64, _ position: LogPosition, _ host: SimulatedHost, _ node: Node
    ) {
        guard case .line(let offset, let length) = node.log.content(at: position), length > 0 else { return }
        let last = offset + UInt64(length) - 1
        let copies = node.log.withLines(from: last, upTo: last + 1) { Int($0[0] - UInt8(ascii: "0")) }
        let holders = world.registry.record(number, sequence)?.holders ?? 0
        if copies > holders, rest.gaps == 0, !isHolderInvented {
            fail(
                "P10 as many hold it as is said",
                "h\(host.index) says that \(copies) hold \(sequence) of o\(number), \(holders) do: "
                    + "\(stand(of: number, sequence))"
            )
        }
        if node.log.sequence(at: position) > 0, copies == 1 { rare.count(.shownByALonelyNode) }
    }

    /// The hosts that hold an entry now.
    private func stand(of number: Int, _ sequence: UInt64) -> String {
        world.hosts.filter { $0.isRunning && mirrors[$0.index].have[number] >= sequence }.map { "h\($0.index)" }
            .joined(separator: " ")
    }

    /// A node that stops waiting because no node holds the entries that a client has seen is right about that. It can't
    /// know of nodes that no node of its tree had heard of when it answered: nodes that lost their data directories may
    /// form such a tree.
    private func checkHeldByNobody(_ connection: ConnectionID, _ host: SimulatedHost) {
        guard let lost = host.node?.heldByNobody(seenBy: connection), !lost.isEmpty else { return }
        let known = known(inTreeOf: host.index, for: Limits().heldQuestion)
        for component in lost {
            let number = world.registry.number(of: component.origin)
            let here = mirrors[host.index].have[number]
            for other in world.hosts
            where other.isRunning && known.contains(other.index) && mirrors[other.index].have[number] > here {
                fail(
                    "what is held is waited for",
                    "h\(host.index) waits no longer for \(component.sequence) of o\(number), of which "
                        + "h\(other.index) has \(mirrors[other.index].have[number]) and it \(here)")
            }
        }
    }

    /// A node reads a client again although it lacks entries that the client saw: then it has waited long enough.
    func checkResumed(_ host: SimulatedHost) {
        guard !resumed.isEmpty else { return }
        for (connection, _) in resumed {
            let end = world.network.ends[Int(connection.value)]
            guard case .client(let client) = world.network.ends[end.other].holder else { continue }
            checkHeldByNobody(connection, host)
            rare.count(.resumedWithoutWhatWasSeen)
            world.trace.remark(world.now, "h\(host.index) reads c\(client) without what it saw")
            world.clients[client].losesOrder()
        }
        resumed.removeAll(keepingCapacity: true)
    }
}

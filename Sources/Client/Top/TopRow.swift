import Wire

/// A node in one picture of `coppice top`.
struct TopRow: Equatable {
    /// What a node does in a second.
    struct Rates: Equatable {
        /// Messages that its clients say.
        var said: Double
        /// Messages times the clients that get them.
        var delivered: Double
        /// Bytes from and to connections of every kind.
        var received: Double
        var sent: Double

        /// Nil if the two are of different lives of the node, or of one moment.
        init?(from before: TreeStatus.Work, to now: TreeStatus.Work) {
            let milliseconds = now.sampledMilliseconds - before.sampledMilliseconds
            guard milliseconds > 0, now.accepted >= before.accepted, now.bytesRead >= before.bytesRead,
                now.bytesWritten >= before.bytesWritten, now.deliveries >= before.deliveries
            else { return nil }
            func each(_ count: Int64) -> Double { Double(count) * 1000 / Double(milliseconds) }
            said = each(now.accepted - before.accepted)
            delivered = each(now.deliveries - before.deliveries)
            received = each(now.bytesRead - before.bytesRead)
            sent = each(now.bytesWritten - before.bytesWritten)
        }
    }

    let node: TreeStatus.Node
    /// Nil until two answers of the node have come.
    let rates: Rates?

    var name: String { Printable.text(node.reference.address) }
    /// How many links there are that aren't in order.
    var troubledLinks: [TreeStatus.Link] { node.links.filter { $0.state != "open" } }
    /// How many messages wait for the link that has most to send.
    var lag: Int64 { node.links.map(\.behind).max() ?? 0 }

    /// What the row is sorted by; nil where nothing is known.
    func number(_ column: TopColumn) -> Double? {
        switch column {
        case .node: nil
        case .clients: Double(node.clients)
        case .said: rates?.said
        case .delivered: rates?.delivered
        case .received: rates?.received
        case .sent: rates?.sent
        case .queue: Double(node.queue)
        case .lag: Double(lag)
        case .slowest: node.work.map { Double($0.slowestBytes) }
        case .links: Double(node.links.count)
        case .turn: node.work.map { Double($0.longestTurn) }
        }
    }

    /// The text of a cell, at most five characters, or as wide as the column.
    func text(_ column: TopColumn) -> String {
        switch column {
        case .node: return name
        case .links:
            let troubled = troubledLinks.count
            return troubled == 0 ? "\(node.links.count)" : "\(node.links.count - troubled)/\(node.links.count)"
        case .turn:
            guard let work = node.work else { return "-" }
            return TopNumber.duration(microseconds: work.longestTurn)
        default: return number(column).map(TopNumber.short) ?? "-"
        }
    }
}

/// The rows of one picture after the other: it remembers what each node had done, to know what it does in a second.
struct TopRows {
    private var before: [String: TreeStatus.Work] = [:]
    private var rates: [String: TopRow.Rates] = [:]

    /// To be called with each answer.
    mutating func rows(of status: TreeStatus) -> [TopRow] {
        var works: [String: TreeStatus.Work] = [:]
        var newRates: [String: TopRow.Rates] = [:]
        for node in status.nodes {
            guard let work = node.work else { continue }
            works[node.id] = work
            guard let earlier = before[node.id] else { continue }
            // Nothing new was counted: what it did last still counts.
            let isSame = earlier.sampledMilliseconds == work.sampledMilliseconds
            newRates[node.id] = isSame ? rates[node.id] : TopRow.Rates(from: earlier, to: work)
        }
        (before, rates) = (works, newRates)
        return status.nodes.map { TopRow(node: $0, rates: newRates[$0.id]) }
    }
}

/// In which order rows are shown.
struct TopOrder: Equatable {
    private(set) var column: TopColumn
    private(set) var isReversed = false

    init(_ column: TopColumn) { self.column = column }

    /// To be called with a key: the key of the present column turns the order round.
    ///
    /// - Returns: whether the key sorts.
    mutating func press(_ key: Character) -> Bool {
        guard let chosen = TopColumn.of(key) else { return false }
        isReversed = chosen == column ? !isReversed : false
        column = chosen
        return true
    }

    /// The rows in this order. Those that are equal stand by their names; those of which nothing is known come last.
    func sorted(_ rows: [TopRow]) -> [TopRow] {
        rows.sorted { a, b in
            if column == .node { return isReversed ? a.name > b.name : a.name < b.name }
            switch (a.number(column), b.number(column)) {
            case (let x?, let y?) where x != y: return (x > y) != isReversed
            case (.some, nil): return true
            case (nil, .some): return false
            default: return a.name < b.name
            }
        }
    }
}

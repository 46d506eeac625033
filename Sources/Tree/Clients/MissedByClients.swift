/// What clients that came back lack and nobody keeps any more, until the log is told of it: one line now and then,
/// since one client may ask for thousands of origins, and thousands may come back at once.
struct MissedByClients {
    private var clients = 0
    private var entries: UInt64 = 0
    private var lastClient: ConnectionID?
    private var lastNotice: Instant?

    /// - Parameter client: its gaps come one behind the other.
    mutating func add(_ gap: Log.Gap, of client: ConnectionID) {
        if lastClient != client { clients += 1 }
        lastClient = client
        let (sum, isTooMuch) = entries.addingReportingOverflow(gap.count)
        entries = isTooMuch ? .max : sum
    }

    /// What is to be told now: all since the last line.
    ///
    /// - Parameter pause: between two lines.
    mutating func notice(at now: Instant, pause: Duration) -> Notice? {
        guard clients > 0, lastNotice.map({ now - $0 >= pause }) ?? true else { return nil }
        lastNotice = now
        defer { (clients, entries, lastClient) = (0, 0, nil) }
        return .clientsMissed(clients: clients, entries: entries)
    }
}

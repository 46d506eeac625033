/// Counts the entries that resuming clients lack and no node keeps any more, until they are reported. They are reported
/// together now and then: one client may ask for thousands of origins, and thousands may come back at once.
struct MissedByClients {
    private var clients = 0
    private var entries: UInt64 = 0
    private var lastClient: ConnectionID?
    private var lastNotice: Instant?

    /// - Parameter client: all its gaps come one after the other.
    mutating func add(_ gap: Log.Gap, of client: ConnectionID) {
        if lastClient != client { clients += 1 }
        lastClient = client
        let (sum, isTooMuch) = entries.addingReportingOverflow(gap.count)
        entries = isTooMuch ? .max : sum
    }

    /// The notice to report now, of everything since the last one; nil for none.
    ///
    /// - Parameter pause: the shortest time between two notices.
    mutating func notice(at now: Instant, pause: Duration) -> Notice? {
        guard clients > 0, lastNotice.map({ now - $0 >= pause }) ?? true else { return nil }
        lastNotice = now
        defer { (clients, entries, lastClient) = (0, 0, nil) }
        return .clientsMissed(clients: clients, entries: entries)
    }
}

// Limits that no test and no simulation changes, each with its unit and its reason.

extension Limits {
    /// Gaps remembered between the numbers of one session's messages. More of them are not worth their memory: the
    /// messages in the oldest gap count as said.
    static let retryHoles = 16
    /// How often sessions are looked through for old ones, by the entries' stamps.
    static let retrySweep: Duration = .seconds(60)
    /// Accounts of one name that are looked at: there are several only from before names were folded. Whoever has made
    /// more of them, with capitals here and there, makes no question about that name dear.
    static let namesakes = 64
    /// Questions and denials that a server which is no node was told: how many are remembered, and for how long. A
    /// server that floods them back does so at once; a later one is its own.
    static let echoes = 256
    static let echoMemory: Duration = .seconds(3)
    /// Bytes that a log line shows of the first line of a server that speaks another protocol.
    static let foreignTextBytes = 60
    /// A node whose load has changed much announces it earlier, but at most so often in one interval.
    static let newsPerAnnouncement = 50
}

/// What a node and its runner have counted since the start.
public struct Counts: Hashable, Sendable {
    /// Clients that were closed because they read too slowly.
    public var slowClients: UInt64 = 0
    /// Clients that were closed since they said nothing for too long.
    public var idleClients: UInt64 = 0
    /// Clients that an operator has ended or banned.
    public var endedSessions: UInt64 = 0
    /// Clients that were sent to other nodes, since the node was drained or had too many.
    public var movedClients: UInt64 = 0
    /// Newcomers that were told that there is no room for them, or that they are banned.
    public var refused: UInt64 = 0
    /// How often clients were held back for so long that the node reported it.
    public var waits: UInt64 = 0
    /// How often a loud client had to wait for a moment, so that quiet ones didn't.
    public var loudWaits: UInt64 = 0
    /// How often a client had said more than it may in a second, and waited.
    public var rateLimited: UInt64 = 0
    /// Entries that two nodes have under one id, and that differ.
    public var conflictingEntries: UInt64 = 0
    /// Entries that were not sent to children because they lagged too far.
    public var leftOut: UInt64 = 0
    /// TLS handshakes that were completed.
    public var handshakes: UInt64 = 0
    /// TLS handshakes that failed.
    public var failedHandshakes: UInt64 = 0
    /// TLS handshakes that were ended since there were too many at a time.
    public var crowdedOutHandshakes: UInt64 = 0
    /// Links between nodes that were dropped since what came on them can't be true, or can't be relied on.
    public var brokenStreams: UInt64 = 0
    /// Links that were dropped since nothing moved on them any more.
    public var stuckLinks: UInt64 = 0
    /// Bytes read from connections of every kind.
    public var bytesRead: UInt64 = 0
    /// Bytes written to connections of every kind.
    public var bytesWritten: UInt64 = 0

    public init() {}

    public static func + (a: Counts, b: Counts) -> Counts {
        var sum = a
        sum.slowClients += b.slowClients
        sum.idleClients += b.idleClients
        sum.endedSessions += b.endedSessions
        sum.movedClients += b.movedClients
        sum.refused += b.refused
        sum.waits += b.waits
        sum.loudWaits += b.loudWaits
        sum.rateLimited += b.rateLimited
        sum.conflictingEntries += b.conflictingEntries
        sum.leftOut += b.leftOut
        sum.handshakes += b.handshakes
        sum.failedHandshakes += b.failedHandshakes
        sum.crowdedOutHandshakes += b.crowdedOutHandshakes
        sum.brokenStreams += b.brokenStreams
        sum.stuckLinks += b.stuckLinks
        sum.bytesRead += b.bytesRead
        sum.bytesWritten += b.bytesWritten
        return sum
    }
}

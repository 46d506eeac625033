import Tree

/// How many stamps each asker has taken of late. By this the clock gives each asker its fair share while the askers
/// want more stamps than time brings.
///
/// A share is divided twice: between the addresses that ask, and between the connections of an address. So an asker
/// with many connections takes from its own address, and two strangers can't take the stamps that a node beside them
/// needs. Small questions count for their connection alone: behind a tunnel or a proxy all askers have one address.
///
/// Askers are counted in windows of about a second. An asker of neither this window nor the last is forgotten.
struct StampShares: Sendable {
    private struct Address {
        /// The stamps of each of its connections.
        var connections: [ConnectionID: UInt64] = [:]
        var stamps: UInt64 = 0
    }

    private var window: UInt64 = 0
    /// The stamps that were taken in this window.
    private var addresses: [String: Address] = [:]
    private var stamps: UInt64 = 0
    private var connections = 0
    /// How many connections of each address asked in the window before.
    private var before: [String: Int] = [:]
    private let limits: ClockLimits

    init(limits: ClockLimits) { self.limits = limits }

    /// How many addresses are remembered.
    var remembered: Int { max(addresses.count, before.count) }

    /// Goes on to the window of this moment.
    mutating func advance(to instant: Instant) {
        let current = instant.nanoseconds / limits.shareWindow.waitNanoseconds
        guard current != window else { return }
        before = current == window + 1 ? addresses.mapValues { $0.connections.count } : [:]
        window = current
        addresses.removeAll()
        stamps = 0
        connections = 0
    }

    /// What this connection may take in one window, in stamps.
    func share(of connection: ConnectionID, at host: String) -> UInt64 {
        shareOfAddress(host) / UInt64(max(1, count(addresses[host]?.connections, connection), before[host] ?? 0))
    }

    private func shareOfAddress(_ host: String) -> UInt64 {
        let asking = addresses.count + (addresses[host] == nil ? 1 : 0)
        return limits.sharedStamps / UInt64(max(1, asking, before.count))
    }

    private func count(_ known: [ConnectionID: UInt64]?, _ connection: ConnectionID) -> Int {
        guard let known else { return 1 }
        return known.count + (known[connection] == nil ? 1 : 0)
    }

    /// Whether so many more stamps are within the asker's share.
    func allow(_ cost: UInt64, to connection: ConnectionID, at host: String) -> Bool {
        let address = addresses[host]
        let own = address?.connections[connection] ?? 0
        guard own + cost <= share(of: connection, at: host) else { return false }
        if cost <= limits.smallQuestion { return true }
        return (address?.stamps ?? 0) + cost <= shareOfAddress(host) && stamps + cost <= limits.sharedStamps
    }

    /// The asker has got so many stamps.
    mutating func take(_ cost: UInt64, by connection: ConnectionID, at host: String) {
        stamps += cost
        let isKnown = addresses[host]?.connections[connection] != nil
        // Past the limit new askers count for all together only: then large questions are refused soon, and small ones
        // are not.
        guard isKnown || connections < limits.askersCounted else { return }
        if !isKnown { connections += 1 }
        addresses[host, default: Address()].connections[connection, default: 0] += cost
        addresses[host, default: Address()].stamps += cost
    }
}

/// Whom a ban keeps out, or which sessions are meant.
public enum BanTarget: Hashable, Comparable, Sendable {
    /// A name in its folded form, registered or not.
    case name(String)
    /// Whoever comes from there.
    case address(PeerRange)
    /// A session, by its name as others see it.
    case session(String)

    private var rank: Int {
        switch self {
        case .name: 0
        case .address: 1
        case .session: 2
        }
    }

    public static func < (a: BanTarget, b: BanTarget) -> Bool {
        switch (a, b) {
        case (.name(let a), .name(let b)), (.session(let a), .session(let b)):
            a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.address(let a), .address(let b)): a < b
        default: a.rank < b.rank
        }
    }

    public static func == (a: BanTarget, b: BanTarget) -> Bool {
        switch (a, b) {
        // Names differ by their bytes: they are folded already.
        case (.name(let a), .name(let b)), (.session(let a), .session(let b)): a.utf8.elementsEqual(b.utf8)
        case (.address(let a), .address(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(rank)
        switch self {
        case .name(let text), .session(let text): hasher.combine(NameKey(exactly: text))
        case .address(let range): hasher.combine(range)
        }
    }
}

/// The latest that is known of whether somebody is banned: a ban, or that one was lifted.
///
/// Of two records of one target the one with the greater version counts, on every node and in any order. So nodes that
/// have exchanged their records agree (docs/protocol.md#bans).
public struct BanRecord: Hashable, Sendable {
    public var target: BanTarget
    public var version: AccountVersion
    public var isLifted: Bool
    /// When the ban ends, in milliseconds since 1970; nil for never, and for a ban that was lifted.
    public var until: UInt64?
    /// What the banned are told; may be empty.
    public var reason: String
    /// Whether there was an earlier record of the target. Then this one is remembered for longer than it counts: else a
    /// node that was away would bring the earlier one back.
    public var replaces: Bool

    public init(
        target: BanTarget, version: AccountVersion, isLifted: Bool = false, until: UInt64? = nil, reason: String = "",
        replaces: Bool = false
    ) {
        self.target = target
        self.version = version
        self.isLifted = isLifted
        self.until = isLifted ? nil : until
        self.reason = isLifted ? "" : reason
        self.replaces = replaces
    }

    /// Whether it keeps somebody out.
    ///
    /// - Parameter milliseconds: the network's time, since 1970.
    public func stands(at milliseconds: UInt64) -> Bool { !isLifted && until.map { $0 > milliseconds } ?? true }

    /// Whether nothing is lost when it is forgotten.
    ///
    /// - Parameter memory: for how long what replaced another record is remembered, in milliseconds.
    func isOver(at milliseconds: UInt64, memory: UInt64) -> Bool {
        guard !stands(at: milliseconds) else { return false }
        guard isLifted || replaces else { return true }
        let last = max(until ?? 0, version.stamp.milliseconds)
        return last.addingReportingOverflow(memory).partialValue < milliseconds
    }

    /// A checksum that is equal for equal records, on every node. Nodes compare it, and files keep it with each record.
    public var digest: UInt64 {
        var hash = StableHash()
        switch target {
        case .name(let name):
            hash.add(UInt8(ascii: "n"))
            hash.add(name.utf8)
        case .address(let range):
            hash.add(UInt8(ascii: "a"))
            hash.add(range.description.utf8)
        case .session(let session):
            hash.add(UInt8(ascii: "s"))
            hash.add(session.utf8)
        }
        hash.add(UInt8(0))
        hash.add(version.stamp.value)
        hash.add(version.origin.node.value)
        hash.add(version.origin.incarnation.value)
        hash.add(UInt8((isLifted ? 1 : 0) + (replaces ? 2 : 0) + (until == nil ? 4 : 0)))
        hash.add(until ?? 0)
        hash.add(reason.utf8)
        return hash.value
    }
}

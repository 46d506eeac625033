import Tree

/// The bounds of messages between servers: how long a text may be, in bytes of UTF-8, and how many elements a list may
/// have.
///
/// A message beyond one of them is malformed, regardless of its sender. Each bound is well above the number that a node
/// sends (`Limits`), so that later versions may send more, and so low that one message of a broken node costs little.
///
/// The length of a line bounds the messages of clients, and the core bounds them where a limit has a flag.
enum FieldBounds {
    /// A host name; DNS allows 253 bytes.
    static let hostBytes = 255
    /// The id that a server of the base protocol announces.
    static let idBytes = 255
    /// A client's session, as it stands in entries: nodes remember each for a day.
    static let sessionBytes = 128
    /// A resume token; a node's has 77 characters.
    static let resumeTokenBytes = 128
    /// The id of a client's `PING`, by which the client knows its `PONG`.
    static let pingBytes = 64
    /// A name; --max-name-bytes is at most that.
    static let nameBytes = 255
    /// A secret; --max-secret-bytes is at most that.
    static let secretBytes = 4096
    /// The hash of a secret; an account takes no longer one.
    static let hashBytes = 255
    /// From a node up to the root. No tree is deeper than 64.
    static let path = 65
    /// Siblings, uncles and heirs; a node names 16.
    static let relatives = 64
    /// Other nodes to try, and the nodes of a saved file; a node remembers 512.
    static let contacts = 1024
    /// Nodes that have answered a question, or that such a node knows.
    static let nodes = 4096
    /// Records of accounts in one message; a node sends 100.
    static let records = 1024
    /// Ranges that are compared in one message, and the differences found; a node sends 16.
    static let ranges = 256
    /// Digests of the records of a range; a node lists 32 where it can still divide the range.
    static let digests = 4096
    /// Accounts on one page for an administrator; a node lists 500.
    static let accounts = 4096
    /// Of what is counted in sums, and of times: far above all that can be counted.
    static let count: UInt64 = 1 << 48
    /// Digests of bans; a node keeps 8192.
    static let bans = 32_768
    /// A range of addresses, or the name of a transport.
    static let rangeBytes = 64
    /// What the banned are told, between nodes, and what an operator says of it.
    static let reasonBytes = 1024
    static let toolReasonBytes = 256
    /// Sessions on one page; a node lists 200.
    static let sessions = 1024
}

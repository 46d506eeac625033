/// The report's tree:
///
/// ```
///          a
///        /   \
///       b     c
///       |
///       d
///      / \
///     e   f
/// ```
struct SixNodes {
    let a, b, c, d, e, f: Node

    var all: [Node] { [a, b, c, d, e, f] }

    /// Starts the nodes one after the other, each once the one before has its parent. So b is the root's eldest child.
    init(_ bench: Bench, _ flags: [String] = []) throws {
        a = try bench.node("a", flags)
        b = try bench.node("b", under: a, flags)
        try bench.waitForPath(of: b, [a])
        c = try bench.node("c", under: a, flags)
        try bench.waitForPath(of: c, [a])
        d = try bench.node("d", under: b, flags)
        try bench.waitForPath(of: d, [b, a])
        e = try bench.node("e", under: d, flags)
        f = try bench.node("f", under: d, flags)
        try bench.waitForPath(of: e, [d, b, a])
        try bench.waitForPath(of: f, [d, b, a])
    }
}

/// A smaller tree with two branches of different depth: b and c under a, and d under b.
struct FourNodes {
    let a, b, c, d: Node

    var all: [Node] { [a, b, c, d] }

    init(_ bench: Bench, _ flags: [String] = []) throws {
        a = try bench.node("a", flags)
        b = try bench.node("b", under: a, flags)
        try bench.waitForPath(of: b, [a])
        c = try bench.node("c", under: a, flags)
        d = try bench.node("d", under: b, flags)
        try bench.waitForPath(of: c, [a])
        try bench.waitForPath(of: d, [b, a])
    }
}

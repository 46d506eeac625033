import Tree

/// All secrets that a client has had or wanted, the one that it shows next at the end. On the two sides of a split
/// different ones may count.
struct SimulatedSecrets {
    private let client: Int
    private var all: [Secret]
    /// How many of these were refused since one was accepted.
    private var refused = 0

    init(client: Int) {
        self.client = client
        all = [Secret("s\(client)")]
    }

    var first: Secret { all[0] }
    var next: Secret { all.last! }

    /// Makes up a new one. Whatever the answer is, it may count from now on.
    mutating func request() -> Secret {
        let new = Secret("s\(client) \(all.count)")
        all.insert(new, at: all.count - 1)
        return new
    }

    /// Makes the requested secret the next one. It stands second to last.
    mutating func takeUpRequested() {
        all.append(all.remove(at: all.count - 2))
        refused = 0
    }

    /// - Returns: false if all were refused.
    mutating func tryAnother() -> Bool {
        refused += 1
        guard refused < all.count else { return false }
        all.insert(all.removeLast(), at: 0)
        return true
    }

    mutating func accepted() { refused = 0 }
}

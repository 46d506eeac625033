/// A part of all names: those whose hashes begin so. All names have the empty prefix.
public struct AccountPrefix: Hashable, Sendable {
    /// Digits of base 16 in it, each of which has 16 parts.
    public let length: Int
    /// The digits, the last one lowest.
    public let digits: UInt64

    /// The longest prefix: what a node keeps of a name's hash.
    public static let longest = 11
    public static let all = AccountPrefix(length: 0, digits: 0)!

    /// Nil if it is too long, or has more digits than it says.
    public init?(length: Int, digits: UInt64) {
        guard (0...Self.longest).contains(length), digits < 1 << UInt64(4 * length) else { return nil }
        self.length = length
        self.digits = digits
    }

    func part(_ digit: Int) -> AccountPrefix {
        AccountPrefix(length: length + 1, digits: digits << 4 | UInt64(digit))!
    }

    /// The keys that begin so.
    var keys: Range<UInt64> {
        let rest = UInt64(4 * (Self.longest - length))
        return digits << rest..<(digits + 1) << rest
    }
}

/// What a node has under a prefix: equal sums and counts mean, but for one chance in 2^64, equal accounts.
public struct AccountSummary: Hashable, Sendable {
    /// The sum of all records' digests. It changes by one addition when a record does.
    public var sum: UInt64
    public var count: Int

    public static let none = AccountSummary(sum: 0, count: 0)

    public init(sum: UInt64, count: Int) {
        self.sum = sum
        self.count = count
    }

    static func += (a: inout AccountSummary, b: AccountSummary) {
        a.sum &+= b.sum
        a.count += b.count
    }
}

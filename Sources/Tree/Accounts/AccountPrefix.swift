/// The names whose hashes begin with these digits. The empty prefix stands for all names.
public struct AccountPrefix: Hashable, Sendable {
    /// The number of hexadecimal digits, 0 to `longest`.
    public let length: Int
    /// The digits as a number, the last digit lowest.
    public let digits: UInt64

    /// The length of the longest prefix: a node keeps no more digits of a name's hash.
    public static let longest = 11
    public static let all = AccountPrefix(length: 0, digits: 0)!

    /// Nil if the prefix is too long, or `digits` has more than `length` digits.
    public init?(length: Int, digits: UInt64) {
        guard (0...Self.longest).contains(length), digits < 1 << UInt64(4 * length) else { return nil }
        self.length = length
        self.digits = digits
    }

    func part(_ digit: Int) -> AccountPrefix {
        AccountPrefix(length: length + 1, digits: digits << 4 | UInt64(digit))!
    }

    /// The keys that begin with this prefix.
    var keys: Range<UInt64> {
        let rest = UInt64(4 * (Self.longest - length))
        return digits << rest..<(digits + 1) << rest
    }
}

/// What a node has under a prefix. Equal sums and counts mean equal accounts, except with a probability of 2^-64.
public struct AccountSummary: Hashable, Sendable {
    /// The sum of the digests of all records, modulo 2^64. A changed record changes it by one addition.
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

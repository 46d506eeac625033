import CSodium

/// What hashing a secret costs, and so what each guess costs.
public struct HashCost: Equatable, Sendable {
    /// Passes over the memory, at least 1.
    public var operations: Int
    /// Memory in bytes, at least 8 KiB.
    public var memoryBytes: Int

    /// The default is OWASP's recommendation for Argon2id: 2 passes over 19 MiB, some 20 ms.
    public init(operations: Int = 2, memoryBytes: Int = 19 << 20) {
        precondition(operations >= 1 && memoryBytes >= 8192, "cheaper than Argon2id allows")
        self.operations = operations
        self.memoryBytes = memoryBytes
    }

    /// The most that a hash from elsewhere may make us spend: see `PasswordHash.verify`. It allows every choice that
    /// OWASP and RFC 9106 (section 4, second choice: 3 passes over 64 MiB) recommend for a server; that costs ten times
    /// what our own hashes do.
    public static let ceiling = HashCost(operations: 5, memoryBytes: 64 << 20)
    /// The most passes times bytes of `ceiling`.
    private static let ceilingWork = 3 * 64 << 20

    /// Whether a hash of this cost is checked at all.
    var isWithinCeiling: Bool {
        operations <= Self.ceiling.operations && memoryBytes <= Self.ceiling.memoryBytes
            && operations * memoryBytes <= Self.ceilingWork
    }
}

/// Why a hash could not be made.
public enum PasswordHashError: Error, Equatable, Sendable, CustomStringConvertible {
    case outOfMemory(HashCost)

    public var description: String {
        switch self {
        case .outOfMemory(let cost): "no memory to hash a secret (\(cost.memoryBytes >> 20) MiB needed)"
        }
    }
}

/// Argon2id hashes of users' secrets, the only form in which secrets are kept. Every call is slow on purpose and takes
/// the memory that its cost says. So calls belong into a thread pool, a few at a time. All may be called from any
/// thread.
public enum PasswordHash {
    /// Makes a hash: a line of printable ASCII, at most 127 characters, which holds its cost and its salt.
    public static func make(secret: [UInt8], cost: HashCost = HashCost()) throws(PasswordHashError) -> String {
        needSodium()
        let length = Int(crypto_pwhash_argon2id_STRBYTES)
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: length) { buffer -> String? in
            buffer.initialize(repeating: 0)
            let status = withSecret(secret) {
                crypto_pwhash_argon2id_str(buffer.baseAddress!, $0, $1, UInt64(cost.operations), cost.memoryBytes)
            }
            return status == 0 ? String(cString: buffer.baseAddress!) : nil
        }
        guard let text else { throw .outOfMemory(cost) }
        return text
    }

    public static func make(secret: String, cost: HashCost = HashCost()) throws(PasswordHashError) -> String {
        var bytes = Array(secret.utf8)
        defer { wipe(&bytes) }
        return try make(secret: bytes, cost: cost)
    }

    /// Whether a hash was made of this secret.
    ///
    /// Hashes also come from other nodes and from backups, and a hash says itself what checking it costs. So one that
    /// `isChecked` refuses matches nothing and costs nothing.
    public static func verify(secret: [UInt8], against hash: String) -> Bool {
        needSodium()
        guard isChecked(hash) else { return false }
        return withSecret(secret) { secret, count in
            crypto_pwhash_argon2id_str_verify(hash, secret, count) == 0
        }
    }

    public static func verify(secret: String, against hash: String) -> Bool {
        var bytes = Array(secret.utf8)
        defer { wipe(&bytes) }
        return verify(secret: bytes, against: hash)
    }

    /// Whether this is a hash, and one that costs no more than `HashCost.ceiling`.
    public static func isChecked(_ hash: String) -> Bool { cost(of: hash)?.isWithinCeiling ?? false }

    /// A hash of a secret that nobody knows. Checking an unknown name's secret against it takes as long as a known
    /// name's, so that the time of the answer doesn't tell which names exist.
    public static func dummy(cost: HashCost = HashCost()) -> String {
        // Salt and hash are arbitrary. The cost is in the computation of the hash to compare with.
        "$argon2id$v=19$m=\(cost.memoryBytes >> 10),t=\(cost.operations),p=1$c2FsdG9mbm9ib2R5ITEyMw$"
            + "n0b0dyKnowsTheSecretOfThisHash0123456789ABA"
    }

    /// Whether libsodium accepts the text as a hash of this cost, and so computes a hash to compare with it.
    static func isComputed(_ hash: String, cost: HashCost = HashCost()) -> Bool {
        needSodium()
        return crypto_pwhash_argon2id_str_needs_rehash(hash, UInt64(cost.operations), cost.memoryBytes) == 0
    }

    /// The cost that a hash states: `$argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<hash>`. `nil` if the text is no
    /// hash.
    public static func cost(of hash: String) -> HashCost? {
        let parts = hash.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard hash.utf8.count < Int(crypto_pwhash_argon2id_STRBYTES), parts.count == 6, parts[0].isEmpty,
            parts[1].elementsEqual("argon2id".utf8), parts[2].elementsEqual("v=19".utf8)
        else { return nil }
        let numbers = parts[3].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard numbers.count == 3, let kibibytes = number(numbers[0], after: "m="),
            let passes = number(numbers[1], after: "t="), number(numbers[2], after: "p=") == 1,
            kibibytes >= 8, kibibytes <= 1 << 32, passes >= 1
        else { return nil }
        return HashCost(operations: passes, memoryBytes: kibibytes << 10)
    }

    private static func number(_ text: Substring.UTF8View.SubSequence, after prefix: String) -> Int? {
        guard text.starts(with: prefix.utf8) else { return nil }
        let digits = text.dropFirst(prefix.utf8.count)
        let isNumber = digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard isNumber, !digits.isEmpty else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// A copy of a secret isn't left behind in memory that others get.
    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { sodium_memzero(base, $0.count) } }
    }

    private static func withSecret<Result>(
        _ secret: [UInt8], _ body: (UnsafePointer<CChar>, UInt64) -> Result
    ) -> Result {
        secret.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return "".withCString { body($0, 0) } }
            return body(base.assumingMemoryBound(to: CChar.self), UInt64(bytes.count))
        }
    }
}

/// The names that this node knows. Built for a million of them: each takes some 140 bytes, with the hash of its secret.
///
/// The first 12 bits of a name's hash choose one of 4096 buckets. A bucket has its records, one after the other, in one
/// array of bytes, and an entry of 16 bytes for each:
///
/// ```
///   bucket 0x5a3   entries  [ key offset digest | key offset digest | … ]      sum of the digests
///                  bytes    [ flags lengths name spelling hash stamp origin | … ]
/// ```
/// So whatever is done to one name touches one bucket, nothing is ever copied as a whole, and the sum over the buckets
/// of a prefix says whether another node has the same (`AccountSummary`), without a look at the records.
public struct Accounts {
    private struct Entry {
        /// The next 32 bits of the name's hash after those that choose the bucket.
        let key: UInt32
        var offset: UInt32
        var digest: UInt64
    }

    private struct Bucket {
        var entries: [Entry] = []
        var bytes: [UInt8] = []
        /// Bytes of records that were replaced or forgotten.
        var garbage = 0
        var sum: UInt64 = 0
    }

    private static let bucketBits: UInt64 = 12
    /// Bytes that a name or a hash may have: their lengths are kept in one byte.
    static let textLimit = 255

    /// Empty until the first record, then 4096.
    private var buckets: [Bucket] = []
    private var origins = OriginTable()
    /// The number of registered names.
    public private(set) var count = 0
    /// When two spellings are one name.
    let names: any NameRules
    /// Accounts whose names aren't folded.
    private(set) var unfolded = UnfoldedNames()
    /// Claims on names, and records that have to get to the disk and to other nodes.
    var changes = AccountChanges()
    /// Names whose record has a removal, with its stamp; some may have been replaced by a later one.
    private var removals: [(at: Stamp, name: String)] = []
    /// A mutation: the later of two registrations stands.
    private var latestWins = false
    /// A mutation: removed names come back by old copies.
    private var forgetsRemovals = false

    public init(names: any NameRules = ASCIINames()) { self.names = names }

    mutating func leaveOut(_ rule: Mutation?) {
        latestWins = rule == .laterOwnerWins
        forgetsRemovals = rule == .removalForgotten
    }

    // MARK: Looking up

    subscript(name: String) -> Account? { record(of: name)?.account }

    /// All that is known of a name; nil for nothing.
    package func record(of name: String) -> AccountRecord? {
        guard !buckets.isEmpty else { return nil }
        let key = Self.key(of: name)
        guard let index = find(name, under: key) else { return nil }
        return read(buckets[key.bucket].entries[index].offset, in: key.bucket)
    }

    /// A digest that differs between any two states of a name; nil if nothing is known of it.
    func digest(of name: String) -> UInt64? {
        guard !buckets.isEmpty else { return nil }
        let key = Self.key(of: name)
        return find(name, under: key).map { buckets[key.bucket].entries[$0].digest }
    }

    private typealias Key = (bucket: Int, key: UInt32)

    private static func key(of name: String) -> Key { key(of: StableHash.of(name.utf8)) }

    private static func key(of hash: UInt64) -> Key {
        (Int(hash >> (64 - bucketBits)), UInt32(truncatingIfNeeded: hash >> (32 - bucketBits)))
    }

    private func find(_ name: String, under key: Key) -> Int? {
        let entries = buckets[key.bucket].entries
        for index in entries.indices where entries[index].key == key.key {
            if isNamed(name, Int(entries[index].offset), in: key.bucket) { return index }
        }
        return nil
    }

    private func isNamed(_ name: String, _ offset: Int, in bucket: Int) -> Bool {
        let start = offset + Self.headBytes(flags: buckets[bucket].bytes[offset])
        let end = start + Int(buckets[bucket].bytes[offset + 1])
        return buckets[bucket].bytes[start..<end].elementsEqual(name.utf8)
    }

    /// The accounts whose names have a hash.
    func accounts(hashed hash: UInt64) -> [Account] {
        guard !buckets.isEmpty else { return [] }
        let key = Self.key(of: hash)
        return buckets[key.bucket].entries.filter { $0.key == key.key }
            .compactMap { read($0.offset, in: key.bucket).account }
    }

    // MARK: Changing

    /// A name's account before and after a change.
    struct Change {
        let before: Account?
        let after: Account?
    }

    /// Merges another node's record of a name into this node's.
    ///
    /// - Returns: nil if nothing in it was new.
    mutating func merge(_ record: AccountRecord) -> Change? {
        guard Self.fits(record) else { return nil }
        let known = self.record(of: record.name)
        let merged =
            known?.merged(with: record, latestWins: latestWins, returns: forgetsRemovals)
            ?? record.merged(with: AccountRecord(name: record.name))
        guard merged != known, !merged.isEmpty else { return nil }
        put(merged)
        return Change(before: known?.account, after: merged.account)
    }

    private static func fits(_ record: AccountRecord) -> Bool {
        (1...textLimit).contains(record.name.utf8.count)
            && record.account.map { account in
                NameKey(exactly: account.name) == NameKey(exactly: record.name)
                    && [account.hash, account.shownName].allSatisfy { (1...textLimit).contains($0.utf8.count) }
            } ?? true
    }

    /// Replaces the record of a name. Records that are read from the disk come here directly.
    ///
    /// - Returns: false if the record can't be kept, since its name or hash is empty or too long.
    @discardableResult
    public mutating func put(_ record: AccountRecord) -> Bool {
        guard Self.fits(record) else { return false }
        if buckets.isEmpty { buckets = Array(repeating: Bucket(), count: 1 << Int(Self.bucketBits)) }
        let key = Self.key(of: record.name)
        let index = find(record.name, under: key)
        let before = index.map { read(buckets[key.bucket].entries[$0].offset, in: key.bucket) }
        if let index { forget(index, in: key.bucket) }
        if (before?.account == nil) != (record.account == nil) { noteName(record.name, isTaken: record.account != nil) }
        guard !record.isEmpty else { return true }
        let digest = record.digest
        let entry = Entry(key: key.key, offset: UInt32(buckets[key.bucket].bytes.count), digest: digest)
        buckets[key.bucket].entries.appendTightly(entry)
        buckets[key.bucket].sum &+= digest
        write(record, to: key.bucket)
        if record.account != nil { count += 1 }
        if let removal = record.removal, removal != before?.removal { removals.append((removal.at, record.name)) }
        return true
    }

    private mutating func noteName(_ name: String, isTaken: Bool) {
        let folded = names.folded(name)
        guard NameKey(exactly: folded) != NameKey(exactly: name) else { return }
        if isTaken { unfolded.add(name, folded: folded) } else { unfolded.remove(name, folded: folded) }
    }

    private mutating func forget(_ index: Int, in bucket: Int) {
        let entry = buckets[bucket].entries[index]
        let offset = Int(entry.offset)
        if buckets[bucket].bytes[offset] & Flag.account != 0 { count -= 1 }
        buckets[bucket].garbage += length(at: offset, in: bucket)
        buckets[bucket].sum &-= entry.digest
        buckets[bucket].entries.swapAt(index, buckets[bucket].entries.count - 1)
        buckets[bucket].entries.removeLast()
        if buckets[bucket].garbage > 256 + buckets[bucket].bytes.count / 4 { compact(bucket) }
    }

    private mutating func compact(_ bucket: Int) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(buckets[bucket].bytes.count - buckets[bucket].garbage)
        for index in buckets[bucket].entries.indices {
            let offset = Int(buckets[bucket].entries[index].offset)
            buckets[bucket].entries[index].offset = UInt32(bytes.count)
            bytes += buckets[bucket].bytes[offset..<offset + length(at: offset, in: bucket)]
        }
        buckets[bucket].bytes = bytes
        buckets[bucket].garbage = 0
    }

    /// Forgets removals that are older than a stamp.
    ///
    /// - Returns: the names whose records have changed.
    mutating func forgetRemovals(before stamp: Stamp) -> [String] {
        let old = removals.filter { $0.at < stamp }
        guard !old.isEmpty else { return [] }
        removals.removeAll { $0.at < stamp }
        var changed: [String] = []
        for (_, name) in old {
            guard var record = record(of: name), let removal = record.removal, removal.at < stamp else { continue }
            record.removal = nil
            put(record)
            changed.append(name)
        }
        return changed
    }

    // MARK: Bytes

    private enum Flag {
        static let account: UInt8 = 1
        /// The secret was changed since the registration.
        static let reset: UInt8 = 2
        static let removal: UInt8 = 4
        /// The name was registered in another spelling.
        static let spelling: UInt8 = 8
    }

    /// The flags and the lengths of what follows.
    private static func headBytes(flags: UInt8) -> Int { flags & Flag.spelling != 0 ? 4 : 3 }

    private static let versionBytes = 12

    private func length(at offset: Int, in bucket: Int) -> Int {
        let flags = buckets[bucket].bytes[offset]
        let head = Self.headBytes(flags: flags)
        var length = buckets[bucket].bytes[offset + 1..<offset + head].reduce(head) { $0 + Int($1) }
        if flags & Flag.account != 0 { length += Self.versionBytes }
        if flags & Flag.reset != 0 { length += Self.versionBytes }
        if flags & Flag.removal != 0 { length += Self.versionBytes + 8 }
        return length
    }

    private mutating func write(_ record: AccountRecord, to bucket: Int) {
        var flags: UInt8 = 0
        var bytes: [UInt8] = [0, UInt8(record.name.utf8.count), UInt8(record.account?.hash.utf8.count ?? 0)]
        if let spelling = record.account?.spelling {
            flags |= Flag.spelling
            bytes.append(UInt8(spelling.utf8.count))
        }
        bytes += record.name.utf8
        bytes += (record.account?.spelling ?? "").utf8
        if let account = record.account {
            flags |= Flag.account
            bytes += account.hash.utf8
            append(account.registered, to: &bytes)
            if account.changed != account.registered {
                flags |= Flag.reset
                append(account.changed, to: &bytes)
            }
        }
        if let removal = record.removal {
            flags |= Flag.removal
            append(removal.registered, to: &bytes)
            bytes.append(number: removal.at.value)
        }
        bytes[0] = flags
        buckets[bucket].bytes.appendTightly(contentsOf: bytes)
    }

    private mutating func append(_ version: AccountVersion, to bytes: inout [UInt8]) {
        bytes.append(number: version.stamp.value)
        bytes.append(number: UInt32(origins.number(of: version.origin)))
    }

    private func read(_ offset: UInt32, in bucket: Int) -> AccountRecord {
        let bytes = buckets[bucket].bytes
        let start = Int(offset)
        let flags = bytes[start]
        var at = start + Self.headBytes(flags: flags)
        func text(_ count: UInt8) -> String {
            defer { at += Int(count) }
            return String(decoding: bytes[at..<at + Int(count)], as: UTF8.self)
        }
        func version() -> AccountVersion {
            defer { at += Self.versionBytes }
            let origin = Int(bytes.number(at: at + 8) as UInt32)
            return AccountVersion(stamp: Stamp(bytes.number(at: at)), origin: origins.origins[origin])
        }
        var record = AccountRecord(name: text(bytes[start + 1]))
        let spelling = flags & Flag.spelling != 0 ? text(bytes[start + 3]) : nil
        if flags & Flag.account != 0 {
            let hash = text(bytes[start + 2])
            let registered = version()
            let changed = flags & Flag.reset != 0 ? version() : registered
            record.account = Account(
                name: record.name, spelling: spelling, hash: hash, registered: registered, changed: changed)
        }
        if flags & Flag.removal != 0 {
            record.removal = Removal(registered: version(), at: Stamp(bytes.number(at: at)))
        }
        return record
    }

    /// About how many bytes of memory the accounts take.
    public var bytesInUse: Int {
        buckets.reduce(0) { sum, bucket in
            sum + MemoryLayout<Bucket>.stride + bucket.bytes.capacity
                + bucket.entries.capacity * MemoryLayout<Entry>.stride
        }
    }

    // MARK: Listing

    /// Accounts from a page on, at least `limit` if there are so many, and the next page; nil after the last. A page is
    /// a bucket.
    func page(_ page: Int, limit: Int) -> (accounts: [Account], next: Int?) {
        var accounts: [Account] = []
        var bucket = max(0, page)
        while bucket < buckets.count, accounts.count < limit {
            accounts += buckets[bucket].entries.compactMap { read($0.offset, in: bucket).account }
            bucket += 1
        }
        return (accounts, bucket < buckets.count ? bucket : nil)
    }

    // MARK: Comparing

    private func key(_ entry: Entry, in bucket: Int) -> UInt64 { UInt64(bucket) << 32 | UInt64(entry.key) }

    /// The buckets of the names under a prefix.
    private func buckets(of prefix: AccountPrefix) -> Range<Int> {
        guard !buckets.isEmpty else { return 0..<0 }
        return Int(prefix.keys.lowerBound >> 32)..<Int((prefix.keys.upperBound - 1) >> 32) + 1
    }

    private static let digitsOfBucket = Int(bucketBits / 4)

    func summary(of prefix: AccountPrefix) -> AccountSummary {
        var summary = AccountSummary.none
        if prefix.length <= Self.digitsOfBucket {
            for bucket in buckets(of: prefix) {
                summary += AccountSummary(sum: buckets[bucket].sum, count: buckets[bucket].entries.count)
            }
        } else {
            for digest in digests(in: prefix) { summary += AccountSummary(sum: digest, count: 1) }
        }
        return summary
    }

    /// The summaries of a prefix's sixteen parts.
    func parts(of prefix: AccountPrefix) -> [AccountSummary] {
        guard prefix.length >= Self.digitsOfBucket, let bucket = buckets(of: prefix).first else {
            return (0..<16).map { summary(of: prefix.part($0)) }
        }
        var parts = [AccountSummary](repeating: .none, count: 16)
        let shift = UInt64(4 * (AccountPrefix.longest - prefix.length - 1))
        for entry in buckets[bucket].entries where prefix.keys.contains(key(entry, in: bucket)) {
            parts[Int(key(entry, in: bucket) >> shift & 15)] += AccountSummary(sum: entry.digest, count: 1)
        }
        return parts
    }

    /// The digests of all records under a prefix, in an arbitrary order.
    func digests(in prefix: AccountPrefix) -> [UInt64] {
        var digests: [UInt64] = []
        for bucket in buckets(of: prefix) {
            for entry in buckets[bucket].entries where prefix.keys.contains(key(entry, in: bucket)) {
                digests.append(entry.digest)
            }
        }
        return digests
    }

    /// The records under a prefix, filtered by their digests.
    func records(in prefix: AccountPrefix, where isWanted: (UInt64) -> Bool = { _ in true }) -> [AccountRecord] {
        var records: [AccountRecord] = []
        for bucket in buckets(of: prefix) {
            for entry in buckets[bucket].entries
            where prefix.keys.contains(key(entry, in: bucket)) && isWanted(entry.digest) {
                records.append(read(entry.offset, in: bucket))
            }
        }
        return records
    }
}

extension Array {
    /// Appends, and grows the array by an eighth instead of doubling it: there are thousands of these arrays, and
    /// little is added to each.
    fileprivate mutating func appendTightly(_ element: Element) {
        if count == capacity { reserveCapacity(count + Swift.max(4, count / 8)) }
        append(element)
    }
}

extension [UInt8] {
    fileprivate mutating func appendTightly(contentsOf added: [UInt8]) {
        if count + added.count > capacity { reserveCapacity(count + Swift.max(added.count, count / 8)) }
        append(contentsOf: added)
    }

    fileprivate mutating func append(number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    fileprivate func number<Number: FixedWidthInteger & UnsignedInteger>(at offset: Int) -> Number {
        var number: Number = 0
        for index in 0..<Number.bitWidth / 8 { number |= Number(self[offset + index]) << (8 * index) }
        return number
    }
}

import Secrets
import Store
import Tree
import UV
import Wire

/// Measures what a number of accounts costs a node: on disk, in memory, at its start, and when a link opens.
///
/// For the link, two real cores exchange real lines; only the sockets are missing.
public final class AccountBench {
    private let count: Int
    private let differences: Int
    private let folder: String
    private let print: (String) -> Void

    public init(accounts: Int, differences: Int, folder: String, print: @escaping (String) -> Void) {
        count = accounts
        self.differences = min(differences, accounts)
        self.folder = folder
        self.print = print
    }

    public func run() throws {
        try Files.makeFolder(folder)
        let path = folder + "/accounts.sqlite"
        for file in ["", "-wal", "-shm"] { try Files.remove(path + file) }
        try fill(path)
        let (accounts, store) = try load(path)
        try withExtendedLifetime(store) { try compare(accounts) }
        for file in ["", "-wal", "-shm"] { try Files.remove(path + file) }
    }

    /// A record as a registration makes it: a name, and a hash as long as a real one.
    private func record(_ number: Int, secondOwner: Bool = false) -> AccountRecord {
        let salt = "\(number)".utf8.count
        let hash = PasswordHash.dummy().dropLast(salt) + "\(number)"
        let origin = Origin(node: NodeID(UInt64(1 + number % 16)), incarnation: Incarnation(1_700_000_000_000))
        let stamp = Stamp(milliseconds: 1_700_000_000_000 + UInt64(number))
        let version = AccountVersion(stamp: stamp, origin: origin)
        return AccountRecord(Account(name: "user\(number)", hash: String(hash), registered: version))
    }

    private func fill(_ path: String) throws {
        let store = try AccountStore(path)
        let began = Loop.monotonicNanoseconds
        var next = 0
        while next < count {
            let batch = (next..<min(count, next + 2000)).map { record($0) }
            try store.save(batch)
            next += batch.count
        }
        print("written      \(count) accounts in batches of 2000, synced: \(seconds(since: began)) s")
    }

    private func load(_ path: String) throws -> (Accounts, AccountStore) {
        let before = ProcessMemory.residentBytes
        let began = Loop.monotonicNanoseconds
        let store = try AccountStore(path)
        var accounts = Accounts()
        _ = try store.load { accounts.put($0) }
        let took = seconds(since: began)
        let grown = max(0, ProcessMemory.residentBytes - before)
        print("start        \(accounts.count) accounts read: \(took) s")
        print(
            "memory       \(accounts.bytesInUse / max(1, count)) bytes an account in the store's own arrays, "
                + "\(grown / max(1, count)) of the process")
        return (accounts, store)
    }

    private func compare(_ accounts: Accounts) throws {
        show("link-up      equal stores", LinkedPair(accounts, accounts))
        var other = accounts
        for number in 0..<differences {
            // One third of these accounts is missing, one third is additional, and one third has another secret.
            let place = number * (count / max(1, differences))
            switch number % 3 {
            case 0: other.put(AccountRecord(name: "user\(place)"))
            case 1: other.put(record(count + number))
            default: other.put(reset(record(place)))
            }
        }
        show("link-up      \(differences) differences", LinkedPair(accounts, other))
        if count <= 100_000 { show("link-up      one side has nothing", LinkedPair(accounts, Accounts())) }
    }

    private func reset(_ record: AccountRecord) -> AccountRecord {
        let account = record.account!
        let version = AccountVersion(
            stamp: Stamp(milliseconds: 1_800_000_000_000), origin: account.registered.origin)
        return AccountRecord(
            Account(name: account.name, hash: account.hash, registered: account.registered, changed: version))
    }

    private func show(_ what: String, _ pair: LinkedPair) {
        let began = Loop.monotonicNanoseconds
        pair.run()
        precondition(pair.areEqual, "the two stores did not become equal")
        print(
            "\(what): \(pair.bytes) bytes about accounts both ways, \(pair.messages) messages, \(pair.turns) turns, "
                + "\(seconds(since: began)) s, longest turn \(pair.longestTurn / 1000) us")
    }

    private func seconds(since began: UInt64) -> String {
        let milliseconds = (Loop.monotonicNanoseconds - began) / 1_000_000
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

/// A node and its child, which attaches to it, without sockets. Each reads what the other sent in its next turn.
private final class LinkedPair {
    private let nodes: [Node]
    private var incoming: [[Message]] = [[], []]
    private var attached = false
    private var milliseconds: UInt64 = 1_000_000
    private(set) var bytes = 0
    private(set) var messages = 0
    private(set) var turns = 0
    private(set) var longestTurn: UInt64 = 0
    private let link = ConnectionID(1)

    init(_ parents: Accounts, _ childs: Accounts) {
        let address = Address(host: "parent", port: 1)
        nodes = [parents, childs].enumerated().map { index, accounts in
            var configuration = Configuration(
                origin: Origin(node: NodeID(UInt64(101 + index)), incarnation: Incarnation(1)),
                address: index == 0 ? address : Address(host: "child", port: 2), ownSecret: Secret("s"),
                parentSecret: Secret("s"), parent: index == 0 ? nil : address, randomSeed: UInt64(index + 1),
                digest: { SecretDigest(high: 0, low: UInt64($0.text.utf8.count)) })
            configuration.asksClock = false
            return Node(
                configuration: configuration, format: EntryLines(), accounts: accounts,
                at: Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wallMilliseconds: 1_000_000))
        }
    }

    var areEqual: Bool { nodes[0].accountsDigest == nodes[1].accountsDigest }

    /// Runs until the child has compared the accounts, and neither sends anything about accounts any more.
    func run() {
        var quiet = 0
        while quiet < 20 {
            milliseconds += 1
            let before = messages
            for index in [1, 0] { turn(index) }
            quiet = messages > before || !attached ? 0 : quiet + 1
            precondition(milliseconds < 1_100_000, "the two nodes never come to rest")
        }
    }

    private func turn(_ index: Int) {
        let began = Loop.monotonicNanoseconds
        let lines = incoming[index]
        incoming[index] = []
        if let deadline = nodes[index].nextDeadline, deadline.nanoseconds <= milliseconds * 1_000_000 {
            handle(index, .timePassed)
        }
        for message in lines { handle(index, .received(link, message)) }
        handle(index, .turnEnded)
        turns += 1
        longestTurn = max(longestTurn, Loop.monotonicNanoseconds - began)
    }

    private func handle(_ index: Int, _ event: Event) {
        var effects: [Effect] = []
        let moment = Moment(
            instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: milliseconds)
        nodes[index].handle(event, at: moment, into: &effects)
        for effect in effects {
            switch effect {
            case .connect(let attempt, _, _):
                handle(0, .opened(link, from: .loopback))
                handle(index, .connected(attempt, link))
            case .send(link, let message): send(message, from: index)
            default: break
            }
        }
    }

    private func send(_ message: Message, from index: Int) {
        if case .authenticationSuccess = message { attached = true }
        switch message {
        case .compareAccounts, .compareEntries, .comparedAccounts, .fetchAccounts, .accounts:
            bytes += Encoding.line(of: message).count
            messages += 1
        default: break
        }
        incoming[1 - index].append(message)
    }
}

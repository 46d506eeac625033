import LogLines
import Logging
import Tree
import UV

/// Looks up the names that lead to further nodes, at the start, and again while the node needs others: a name leads
/// elsewhere when machines come and go, and an address that it had yesterday may be somebody else's today.
///
/// ```
///   look up ──▶ addresses ──▶ found, if they have changed
///      ▲                         │ 5 s; 60 s for a root with others below it
///      └──────── needs others? ◀─┘
/// ```
/// A look-up that fails leaves the addresses as they were: a name server that is away moves no node. It doesn't decide
/// whom the node asks: addresses are told to the core, which probes them as it does the other seeds.
final class SeedNames {
    /// How much a node needs to find others.
    enum Need {
        /// It has a parent, or is about to leave.
        case none
        /// A root with others below it: another part of the network may have no way to find this one.
        case some
        /// It has no link to any other node.
        case alone
    }

    private let names: [SeedName]
    private let loop: Loop
    private let logger: Logger
    private let servers: String?
    private let need: () -> Need
    private let found: ([Address]) -> Void
    private var timer: Timer?
    private var resolvers: [SeedName: Resolver] = [:]
    /// What each name led to when it was looked up last with success.
    private var addresses: [SeedName: [Address]] = [:]
    /// The failure of each name that was logged last; nil after a success.
    private var failures: [SeedName: String] = [:]
    private var told: [Address] = []
    /// When the last round began, in nanoseconds of the monotonic clock.
    private var began: UInt64 = 0

    /// - Parameters:
    ///   - servers: name servers to ask instead of the system's, as `ADDRESS:PORT,…`.
    ///   - pause: between two looks at whether the node is alone.
    ///   - found: called from the loop with all addresses, whenever they have changed.
    init(
        _ names: [SeedName], by servers: String? = nil, every pause: Duration = Settings.seedNamesLook, on loop: Loop,
        _ logger: Logger, need: @escaping () -> Need, found: @escaping ([Address]) -> Void
    ) {
        self.names = names
        self.loop = loop
        self.logger = logger
        self.servers = servers
        self.need = need
        self.found = found
        timer = Timer(on: loop) { [unowned self] in look() }
        timer?.start(after: pause, repeating: pause)
        lookUp()
    }

    func close() {
        timer?.close()
        timer = nil
        for resolver in resolvers.values { resolver.cancel() }
        resolvers = [:]
    }

    private func look() {
        let waited = Loop.monotonicNanoseconds - began
        switch need() {
        case .none: return
        case .some: guard waited >= Settings.seedNamesPauseNanoseconds else { return }
        case .alone: break
        }
        lookUp()
    }

    /// Looks up all names that aren't being looked up.
    private func lookUp() {
        began = Loop.monotonicNanoseconds
        for name in names where resolvers[name] == nil {
            if let port = name.port { lookUpHost(name, port: port) } else { lookUpService(name) }
        }
    }

    private func lookUpService(_ name: SeedName) {
        resolvers[name] = Resolver.resolve(service: name.service, by: servers, on: loop) { [unowned self] result in
            resolvers[name] = nil
            switch result {
            case .success(let hosts): ended(name, hosts.map { Address(host: $0.host.lowercased(), port: $0.port) })
            case .failure(.unknownHost): lookUpHost(name, port: SeedName.usualPort)
            case .failure(let error): failed(name, error)
            }
        }
    }

    private func lookUpHost(_ name: SeedName, port: UInt16) {
        resolvers[name] = Resolver.resolve(host: name.host, port: port, by: servers, on: loop) {
            [unowned self] result in
            resolvers[name] = nil
            switch result {
            case .success(let found): ended(name, found.map { Address(host: $0.host, port: $0.port) })
            case .failure(let error): failed(name, error)
            }
        }
    }

    // MARK: Outcomes

    private func ended(_ name: SeedName, _ new: [Address]) {
        failures[name] = nil
        let new = Array(new.prefix(Settings.addressesOfSeedName))
        if addresses[name].map(Set.init) != Set(new) {
            logger[.seedsNamed].info("--seeds \(name) leads to \(Self.words(new))")
        }
        addresses[name] = new
        var all: [Address] = []
        for address in names.flatMap({ addresses[$0] ?? [] }) where !all.contains(address) { all.append(address) }
        // Name servers give them in another order each time.
        guard Set(all) != Set(told) else { return }
        told = all
        found(all)
    }

    private func failed(_ name: SeedName, _ error: UVError) {
        let why = "\(error)"
        guard failures[name] != why else { return }
        failures[name] = why
        logger[.seedsUnknown].warning(
            "--seeds \(name) leads to no node: \(why); trying again while this node is alone",
            metadata: ["fault": "seeds \(name)"])
    }

    private static func words(_ addresses: [Address]) -> String {
        let shown = addresses.prefix(8).map { "\($0)" }.joined(separator: ", ")
        return addresses.count > 8 ? "\(shown) and \(addresses.count - 8) more" : shown
    }
}

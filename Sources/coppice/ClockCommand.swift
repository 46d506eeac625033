import ArgumentParser
import Clock
import Configuring
import Logging
import TLS
import Tree
import UV

/// `coppice clock`
struct ClockCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Hand out strictly increasing stamps to the nodes.",
        discussion: """
            Prints "listening on HOST:PORT" when it listens. It keeps an upper bound of its stamps, so that none is \
            ever repeated, whatever happens: on disk, or, with --etcd, in etcd. There several clocks stand behind one \
            another: one leads and hands out stamps, and when it is lost another one takes over within 3 seconds.

            SIGTERM and Control-C end it; a leader lets a standby take over at once.

            Nodes and the clock prove to each other that they know the network's secret: give it to the clock as to \
            the nodes. Every flag is also a variable of the environment and a line of a file with settings (--config). \
            "coppice config clock" lists all with their ranges.

              coppice clock --secret-file secret
              coppice clock --secret-file secret -lh clock1 --bind 0.0.0.0 \
            --etcd http://etcd1:2379,http://etcd2:2379,http://etcd3:2379
            """)

    @Option(
        name: [.customLong("lp", withSingleDash: true), .customLong("listen-port")],
        help: ArgumentHelp("Port to listen on, 0 to 65535; 0 takes a free one.", valueName: "port"))
    var listenPort: UInt16 = 3779

    @Option(help: ArgumentHelp("Address to listen on: numeric, or localhost.", valueName: "address"))
    var bind = "localhost"

    @Option(
        help: ArgumentHelp(
            "Folder for the bound of the stamps. Not with --etcd. (default: ./coppice-data/PORT)", valueName: "folder"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "How far, in milliseconds, a node's clock may be ahead of this one's. A node that has seen later stamps is "
                + "refused. Give nodes and clocks the same.",
            valueName: "ms"))
    var maxClockSkew = Int(ClockLimits().skew.wholeMilliseconds)

    @Flag(
        help: ArgumentHelp(
            "Begin anew if the bound in the folder is damaged: stamps of the last seconds may be given a second time. "
                + "Not with --etcd."))
    var acceptNewEpoch = false

    @Option(help: ArgumentHelp("Connections at once; one for each node is enough.", valueName: "number"))
    var maxConnections = ClockLimits().connections

    @Option(
        help: ArgumentHelp(
            "Connections at once from one address, never more than half of all.", valueName: "number"))
    var maxConnectionsPerAddress = ClockLimits().connectionsPerAddress

    @Option(
        help: ArgumentHelp(
            "Seconds without a question after which a connection is closed; 0 keeps it. A node asks each second.",
            valueName: "seconds"))
    var idleTimeout = Int(ClockLimits().idle.wholeMilliseconds / 1000)

    // MARK: Several clocks

    @Option(
        help: ArgumentHelp(
            "The members of etcd, http://HOST:2379 and more after commas: the bound is kept there, together with other "
                + "clocks of which one leads. (default: none)",
            valueName: "urls"))
    var etcd: URLList?

    @Option(
        help: ArgumentHelp("Clocks with the same prefix of their keys in etcd belong together.", valueName: "prefix"))
    var etcdPrefix = "coppice/clock"

    @Option(
        help: ArgumentHelp(
            "Length of the leader's lease in etcd, 2 to 60 seconds: so long nobody leads when a leader dies.",
            valueName: "seconds"))
    var lease = ClockLimits().leaseSeconds

    @Option(
        name: [.customLong("lh", withSingleDash: true), .customLong("hostname")],
        help: ArgumentHelp(
            "With --etcd: the host at which nodes reach this clock. (default: the address of --bind)", valueName: "host"
        ))
    var hostname: String?

    @OptionGroup(title: "Secret") var secret: NetworkSecretOptions

    @Flag(
        help: ArgumentHelp(
            "Without a secret: speak in clear with everybody. Nodes believe such a clock only with --plain-links."))
    var plainLinks = false

    @OptionGroup var logging: ServerLoggingOptions

    @OptionGroup var source: ConfigurationOptions

    static var facts: [String: SettingFacts] { ClockFacts.all }

    static var ownVariables: Set<String> { ["secret"] }

    func validate() throws {
        _ = try (ownHost, numericBind)
        try secret.check()
        guard etcd != nil else {
            if hostname != nil {
                throw ValidationError("-lh/--hostname is for --etcd: without it nobody is told of this clock")
            }
            if lease != ClockLimits().leaseSeconds || etcdPrefix != "coppice/clock" {
                throw ValidationError("--lease and --etcd-prefix are for --etcd: without it there is nothing to share")
            }
            return
        }
        if dataDir != nil { throw ValidationError("with --etcd the bound is kept there, not in --data-dir") }
        if acceptNewEpoch { throw ValidationError("--accept-new-epoch is for --data-dir: etcd keeps its own copies") }
        if etcdPrefix.isEmpty || etcdPrefix.hasSuffix("/") {
            throw ValidationError("--etcd-prefix must not be empty or end with a stroke")
        }
        if hostname == nil, ["0.0.0.0", "::"].contains(try numericBind) {
            throw ValidationError(
                "nodes can't be told to go to \(bind): say with -lh/--hostname where they reach this clock")
        }
    }

    /// Empty for a clock in clear.
    private func keys(_ given: GivenSettings) throws -> [LinkKey] {
        guard let first = try secret.value(for: "the network's secret", in: given.line(of: "secret")) else {
            guard plainLinks else {
                throw Complaint(
                    "the network's secret is missing: give it with \(SecretKind.own.places), or let everybody ask for "
                        + "stamps in clear (--plain-links)")
            }
            return []
        }
        guard !plainLinks else { throw Complaint("--plain-links is for a clock without a secret: this one has one") }
        var all = [first]
        if let file = secret.secretFile, secret.secret == nil,
            let other = try SecretFile.lines(of: file, option: "--secret-file").second
        {
            all.append(other)
        }
        return all.map { LinkKey(secret: $0) }
    }

    private var numericBind: String {
        get throws { try HostAndPort.host(bind, flag: "--bind", portFlag: "-lp/--listen-port") }
    }

    private var ownHost: String? {
        get throws {
            try hostname.map { try HostAndPort.host($0, flag: "-lh/--hostname", portFlag: "-lp/--listen-port") }
        }
    }

    func run(with given: GivenSettings) throws {
        let settings = try settings(given)
        do {
            if source.check {
                try ClockProgram.check(settings)
                StandardOutput.write("the settings of this clock are right\n")
            } else {
                let (logger, output) = logging.logger("clock")
                let inUse = SettingsInUse(given)
                let reload = { (log: Logger) in
                    _ = inUse.readAgain(Self.self, log) { output.set($0.logging.levels) }
                }
                try ClockProgram.run(settings, log: logger, reload: given.file == nil ? nil : reload)
            }
        } catch {
            throw Complaint(error)
        }
    }

    private func settings(_ given: GivenSettings) throws -> ClockSettings {
        var settings = ClockSettings()
        settings.port = listenPort
        settings.keys = try keys(given)
        if let file = secret.secretFile, secret.secret == nil {
            settings.rereadKeys = {
                let secrets = try SecretFile.lines(of: file, option: "--secret-file")
                return [secrets.first, secrets.second].compactMap(\.self).map { LinkKey(secret: $0) }
            }
        }
        settings.bind = try numericBind
        settings.limits.skew = .milliseconds(maxClockSkew)
        settings.limits.leaseSeconds = lease
        settings.limits.connections = maxConnections
        settings.limits.connectionsPerAddress = maxConnectionsPerAddress
        settings.limits.idle = .seconds(idleTimeout)
        settings.acceptsNewEpoch = acceptNewEpoch
        if let etcd {
            var shared = EtcdSettings(members: etcd.urls)
            shared.prefix = etcdPrefix
            shared.hostname = try ownHost
            settings.keeping = .etcd(shared)
        } else {
            settings.keeping = .directory(dataDir)
        }
        return settings
    }
}

/// `http://HOST:PORT,http://HOST:PORT,…`
struct URLList: ExpressibleByArgument {
    let urls: [String]

    init?(argument: String) {
        urls = argument.split(separator: ",").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }
        let areRight = urls.allSatisfy { url in
            ["http://", "https://"].contains { url.hasPrefix($0) && url.count > $0.count }
        }
        guard areRight, !urls.isEmpty else { return nil }
    }
}

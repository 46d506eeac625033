import ArgumentParser
import Configuring
import Host
import Secrets
import Tree
import UV

private let standard = Limits()

/// `coppice node`
struct NodeCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run one server of the network.",
        discussion: """
            Without -rh it starts as a root; with -rh it joins the tree under the node there. Prints "listening on \
            HOST:PORT" when it serves. SIGTERM or Control-C lets it leave in order: children and clients are sent on, \
            nothing is lost. A second one ends it at once.

            Every flag is also a variable of the environment and a line of a file with settings (--config). Times and \
            sizes may have a unit, as in 500ms, 10m or 64MiB. "coppice config" lists all with their ranges.
            """)

    // MARK: Where

    @Option(
        name: [.customLong("lp", withSingleDash: true), .customLong("listen-port")],
        help: ArgumentHelp("Port to listen on, 0 to 65535; 0 takes a free one.", valueName: "port"))
    var listenPort: UInt16 = 3780

    @Option(
        name: [.customLong("lh", withSingleDash: true), .customLong("hostname")],
        help: ArgumentHelp("Host name under which clients and other nodes reach this one.", valueName: "host"))
    var hostname = "localhost"

    @Option(
        help: ArgumentHelp(
            "Numeric address to listen on. (default: 127.0.0.1 if the host name is localhost, else all interfaces)",
            valueName: "address"))
    var bind: String?

    // MARK: The tree

    @Option(
        name: [.customLong("rh", withSingleDash: true), .customLong("parent-host")],
        help: ArgumentHelp(
            "Host of the node to join under, or HOST:PORT; a numeric IPv6 host also as [::1]. "
                + "(default: none, this node is a root)", valueName: "host"))
    var parentHost: String?

    @Option(
        name: [.customLong("rp", withSingleDash: true), .customLong("parent-port")],
        help: ArgumentHelp("Port of the node to join under. (default: 3780)", valueName: "port"))
    var parentPort: UInt16?

    @Option(
        name: [.customShort("s"), .customLong("parent-secret")],
        help: ArgumentHelp(
            "Secret to show to the parent, with --insecure-flags; better in COPPICE_PARENT_SECRET or a file. (default: "
                + "this node's own)", valueName: "secret"))
    var parentSecret: String?

    @Option(
        name: [.customLong("ms", withSingleDash: true), .customLong("secret")],
        help: ArgumentHelp(
            "Secret that other nodes have to show to this one, with --insecure-flags; better in COPPICE_SECRET or a "
                + "file. (default: the parent's; a root without any makes one and prints it)", valueName: "secret"))
    var ownSecret: String?

    @Option(
        help: ArgumentHelp(
            "File whose first line is the secret of the whole network; -s and -ms win over it. A second line is taken "
                + "too, while the secret is changed. Read again on SIGHUP.", valueName: "file"))
    var secretFile: String?

    @OptionGroup var flags: InsecureFlags

    @Option(
        help: ArgumentHelp(
            "Further nodes to find the network by, comma separated: HOST:PORT; dns:NAME:PORT for every address of a "
                + "name; dns:NAME for the hosts of its SRV records (_coppice._tcp.NAME), or, without any, for every "
                + "address at port 3780. Names are looked up again while the node is alone.",
            valueName: "addresses"))
    var seeds = SeedList()

    @Option(help: ArgumentHelp("How many other nodes may join under this one.", valueName: "count"))
    var maxChildren = standard.children

    @Option(
        help: ArgumentHelp(
            "Where servers may come from that speak the base protocol or the original system's: they speak in clear, "
                + "and pass users' secrets on. none, loopback (this machine) or any.", valueName: "whence"))
    var baseServers = Configuration.BaseServerPolicy.loopback

    @Option(
        help: ArgumentHelp(
            "When two trees become one, the root with the greater priority stays root; if they are equal, the one that "
                + "has been root for longer.",
            valueName: "number"))
    var priority: Int32 = 0

    @Option(
        help: ArgumentHelp(
            "How many nodes may fail at once without a loss of messages. Give all nodes the same number.",
            valueName: "count"))
    var replicas = 1

    @Option(
        help: ArgumentHelp(
            "In which order clients get messages. causal: an answer never comes before what it answers. total: all "
                + "clients of the network get all messages in one and the same order, "
                + "which takes longer. Give all nodes the same.", valueName: "causal|total"))
    var order = Configuration.Order.causal

    @Option(
        help: ArgumentHelp(
            "With --order total: how long, in milliseconds, all wait for nodes that were lost. Messages that such a "
                + "node brings later are marked late.",
            valueName: "ms"))
    var orderGrace = Int(standard.orderGrace.wholeMilliseconds)

    @Option(
        help: ArgumentHelp(
            "How often, in milliseconds, nodes tell their neighbours that they are alive.", valueName: "ms"))
    var heartbeat = Int(standard.heartbeat.wholeMilliseconds)

    @Option(
        help: ArgumentHelp("After how many milliseconds without a word a neighbour counts as lost.", valueName: "ms"))
    var lostAfter = Int(standard.silence.wholeMilliseconds)

    @Option(
        help: ArgumentHelp(
            "What happens when the connection to a node below this one is too slow for all messages. wait: clients of "
                + "the whole network are slowed down until it keeps up. gap: nobody waits, "
                + "and the clients there miss messages, and are told which.", valueName: "wait|gap"))
    var lagPolicy = Configuration.LagPolicy.wait

    @Option(
        help: ArgumentHelp(
            "With --lag-policy gap: how far, in bytes of messages, a node below may lag before it misses some.",
            valueName: "bytes"))
    var maxLinkLag = standard.lagBytes

    // MARK: Clients

    @Option(
        name: [.customShort("a"), .customLong("announce-interval")],
        help: ArgumentHelp(
            "How often, in milliseconds, this node tells the others how many clients it has.", valueName: "ms"))
    var announceInterval = 5000

    @Option(
        help: ArgumentHelp(
            "Send a client that logs in to another node if that one has so many clients fewer than this node; 0 never "
                + "sends one away. (default: 2, or a tenth of this node's clients if that is "
                + "more)", valueName: "clients"))
    var redirectGap: Int?

    @Option(help: ArgumentHelp("The longest line that a client may send, in bytes.", valueName: "bytes"))
    var maxLineBytes = standard.clientLineBytes

    @Option(
        help: ArgumentHelp(
            "Clients at a time; further ones are refused, with the reason, and other nodes still get in. (default: as "
                + "many as the limit of open files allows, see ulimit -n)", valueName: "count"))
    var maxClients: Int?

    @Option(help: ArgumentHelp("Names that may be registered in the whole network.", valueName: "count"))
    var maxAccounts = standard.accounts

    @Option(
        help: ArgumentHelp(
            "How far, in bytes, a client that reads too slowly may lag behind the others before it is closed.",
            valueName: "bytes"))
    var maxLagBytes = Settings.standardLagBytes

    @Option(
        help: ArgumentHelp(
            "Seconds after which a connection is closed whose other end has gone without closing it, as by a loss of "
                + "power or of the network.",
            valueName: "seconds"))
    var vanishedAfter = Int(Settings.standardVanishing / .seconds(1))

    @Option(
        help: ArgumentHelp(
            "Seconds after which a client is closed that reads nothing at all while messages wait for it.",
            valueName: "seconds"))
    var takenWithin = Int(Settings.standardTakenWithin / .seconds(1))

    @Option(
        help: ArgumentHelp(
            "Seconds after which the link to a neighbour is dropped that is alive, but handles no messages, so that "
                + "others wait for it; at least twice --lost-after.",
            valueName: "seconds"))
    var stuckAfter = Int(standard.stuckAfter / .seconds(1))

    @Option(
        help: ArgumentHelp(
            "Seconds, 60 to 2592000, for which a user's client may log in with the resume token of an earlier login "
                + "instead of its secret.", valueName: "seconds"))
    var tokenTime = Int(standard.resumeTokenLife / .seconds(1))

    // MARK: What is kept

    @Option(
        help: ArgumentHelp(
            "How many bytes of messages are kept for nodes and clients that come back after a break.",
            valueName: "bytes"))
    var retentionBytes = standard.retentionBytes

    @Option(help: ArgumentHelp("For how many seconds messages are kept for them.", valueName: "seconds"))
    var retentionTime = Int(standard.retentionTime / .seconds(1))

    @Option(
        help: ArgumentHelp(
            "Folder for this node's identity, the nodes it knows, and the accounts. Not with --memory. "
                + "(default: ./coppice-data/PORT)", valueName: "folder"))
    var dataDir: String?

    @Flag(help: "Keep nothing on disk.")
    var memory = false

    // MARK: Others

    @Option(
        help: ArgumentHelp(
            "The clock servers: HOST:PORT, and more after commas. The node follows the one that leads. \"none\" for "
                + "none.",
            valueName: "addresses"))
    var clock = "localhost:3779"

    @Option(
        help: ArgumentHelp(
            "File whose first line is the secret of the clocks, or COPPICE_CLOCK_SECRET. (default: the parent's)",
            valueName: "file"))
    var clockSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "How far, in milliseconds, the clock of another node may be ahead of this one's. A node whose clock is "
                + "further ahead is refused.",
            valueName: "ms"))
    var maxClockSkew = Int(standard.clockSkew.wholeMilliseconds)

    @OptionGroup(title: "Memory") var memoryOptions: MemoryOptions

    @OptionGroup(title: "TLS") var tls: TLSOptions

    @OptionGroup(title: "Tokens of others") var tokens: TokenOptions

    @OptionGroup(title: "Behind a balancer") var balancers: BalancerOptions

    @OptionGroup(title: "Browsers") var browsers: WebOptions

    @OptionGroup(title: "Monitoring") var monitoring: MonitoringOptions

    @OptionGroup(title: "Limits") var limits: LimitOptions

    @OptionGroup var logging: ServerLoggingOptions

    @OptionGroup var source: ConfigurationOptions

    static var facts: [String: SettingFacts] { NodeFacts.all }

    /// A secret in the environment comes after one in a file that a flag names (`SecretSources`).
    static var ownVariables: Set<String> { ["secret", "parent-secret"] }

    func validate() throws {
        try seeds.check()
        try limits.check()
        try tls.check()
        try tokens.check()
        try browsers.check()
        try monitoring.check()
        try require(
            lagPolicy == .wait || maxLinkLag < retentionBytes,
            "--max-link-lag has to be less than --retention-bytes: a child can't lag by what isn't kept")
        try require(lostAfter > heartbeat, "--lost-after has to be longer than --heartbeat")
        for (flag, secret) in [("-s/--parent-secret", parentSecret), ("-ms/--secret", ownSecret)] {
            try require(secret?.isEmpty != true, SecretSources.emptiness(of: flag))
        }
        _ = try ownHost
        _ = try numericBind
        _ = try parent
        try require(parentHost != nil || parentPort == nil, "-rp/--parent-port needs -rh/--parent-host")
        try require(!memory || dataDir == nil, "--memory keeps nothing, so it excludes --data-dir")
        try require(clocks != nil, "--clock needs HOST:PORT, or several with commas between them, or none")
    }

    private func require(_ isRight: Bool, _ complaint: String) throws {
        if !isRight { throw ValidationError(complaint) }
    }

    func run(with given: GivenSettings) throws {
        try memoryOptions.protect()
        var options = try options(given)
        HiddenArguments.hide(valuesOf: ["-s", "--parent-secret", "-ms", "--secret"])
        do {
            if source.check {
                for warning in try NodeProgram.check(options) { StandardError.write("Warning: \(warning)\n") }
                StandardOutput.write("the settings of this node are right\n")
            } else {
                let (logger, output) = logging.logger("node")
                let inUse = SettingsInUse(given)
                options.tellSettings = { inUse.page }
                if given.file != nil {
                    options.readAgain = { [options] log in
                        inUse.readAgain(Self.self, log) { command in
                            let options = try command.options(given, of: options)
                            output.set(command.logging.levels)
                            return options
                        }
                    }
                }
                _ = try NodeProgram.run(options, log: logger)
            }
        } catch {
            throw Complaint(error)
        }
    }

    /// - Parameters:
    ///   - given: where the settings come from.
    ///   - running: the options of the running node, whose secrets stay; nil at its start: then files with secrets, and
    ///     variables, which can be read but once, are read.
    private func options(_ given: GivenSettings, of running: NodeOptions? = nil) throws -> NodeOptions {
        var options: NodeOptions
        if let running {
            options = NodeOptions(parentSecret: running.parentSecret, ownSecret: running.ownSecret)
            options.clockSecret = running.clockSecret
        } else {
            options = try optionsWithSecrets(given)
        }
        options.listenPort = listenPort
        options.hostname = try ownHost
        options.bind = try numericBind
        options.parent = try parent
        options.seedNames = seeds.names
        options.clocks = clocks ?? []
        options.dataDirectory = dataDir
        options.keepsNothing = memory
        options.lineBytes = maxLineBytes
        options.lagBytes = maxLagBytes
        options.maxClients = maxClients
        options.vanishedAfter = .seconds(vanishedAfter)
        options.takenWithin = .seconds(takenWithin)
        options.certificates = tls.files
        options.linkCertificates = tls.linkFiles
        options.handshakes = tls.maxHandshakes
        options.tokens = tokens.file
        options.proxyFrom = balancers.proxyFrom.ranges
        options.servesPage = browsers.web
        options.webOrigins = browsers.origins
        options.webCompression = browsers.webCompression
        options.monitoring = Monitoring(admin: try monitoring.admin)
        options.version = Coppice.configuration.version
        options.takesPlainLinks = tls.plainLinks
        options.configure = configure
        return options
    }

    private func configure(_ configuration: inout Configuration) {
        configuration.seeds = seeds.addresses
        limits.set(&configuration.limits)
        configuration.allowsPlainSecrets = tls.allowPlain
        configuration.vouchedNames = tokens.names
        configuration.baseServers = baseServers
        configuration.replicas = replicas
        configuration.order = order
        configuration.limits.orderGrace = .milliseconds(orderGrace)
        configuration.limits.clockSkew = .milliseconds(maxClockSkew)
        configuration.lagPolicy = lagPolicy
        configuration.limits.lagBytes = maxLinkLag
        configuration.priority = priority
        configuration.announceInterval = .milliseconds(announceInterval)
        configuration.redirectGap = redirectGap.map { $0 == 0 ? .never : .clients($0) } ?? .automatic
        configuration.limits.children = maxChildren
        configuration.limits.accounts = maxAccounts
        configuration.limits.heartbeat = .milliseconds(heartbeat)
        configuration.limits.silence = .milliseconds(lostAfter)
        configuration.limits.stuckAfter = .seconds(stuckAfter)
        configuration.limits.retentionBytes = retentionBytes
        configuration.limits.retentionTime = .seconds(retentionTime)
        configuration.limits.resumeTokenLife = .seconds(tokenTime)
    }
}

extension Configuration.Order: ExpressibleByArgument {}
extension Configuration.BaseServerPolicy: ExpressibleByArgument {}
extension Configuration.LagPolicy: ExpressibleByArgument {}

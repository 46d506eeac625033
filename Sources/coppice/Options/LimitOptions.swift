import ArgumentParser
import Tree

private let standard = Limits()
private let loopback = LoopbackLimits()

/// The limits on pending connections, guesses and messages.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Connections at a time that have not logged in yet; past it the oldest one is closed.", valueName: "count"))
    var maxStrangers = standard.strangers

    @Option(
        help: ArgumentHelp(
            "Connections at a time from one address that have not logged in yet. "
                + "(default: \(standard.strangersPerAddress); \(loopback.strangers) from this machine)",
            valueName: "count"))
    var maxStrangersPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "How long, in milliseconds, a new connection may wait before its first valid message; then it is closed. "
                + "(default: \(standard.strangerPatience.wholeMilliseconds); "
                + "\(loopback.strangerPatience.wholeMilliseconds) on this machine)", valueName: "ms"))
    var strangerPatience: Int?

    @Option(
        help: ArgumentHelp(
            "Clients from one address that may be logged in; further ones are refused, with the reason. "
                + "(default: half of --max-clients; any number from this machine)", valueName: "count"))
    var maxClientsPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds, 5 to 604800, after which a client that sends nothing is closed, and told why. A client that only "
                + "listens can send PING, as coppice client does. (default: never)", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(
        help: ArgumentHelp(
            "How many times a login as one name may fail from one address; after that each attempt has to wait, longer "
                + "each time (--longest-pause).", valueName: "count"))
    var loginAttempts = standard.loginsPerNameAndAddress.free

    @Option(help: ArgumentHelp("The same for one name from all addresses together.", valueName: "count"))
    var loginAttemptsPerName = standard.loginsPerName.free

    @Option(
        help: ArgumentHelp(
            "Names that one address may register; after that each registration has to wait, longer each time. "
                + "(default: \(standard.registrationsPerAddress.free); \(loopback.registrations.free) from this "
                + "machine)",
            valueName: "count"))
    var registerAttempts: Int?

    @Option(help: ArgumentHelp("The longest time, in seconds, that such an attempt has to wait.", valueName: "seconds"))
    var longestPause = Int(standard.loginsPerName.longestPause / .seconds(1))

    @Option(
        help: ArgumentHelp(
            "Messages a second that one client may send; past it the node reads from it at that rate. 0 for no limit.",
            valueName: "count"))
    var messageRate = standard.messagesPerSecond

    @Option(
        help: ArgumentHelp(
            "Bytes a second that one client may send, 1024 or more; past it the node reads from it at that rate. As "
                + "many may come at once, or one line. 0 for no limit.",
            valueName: "bytes"))
    var byteRate = standard.bytesPerSecond

    @Option(help: ArgumentHelp("The longest name that can be registered, in bytes.", valueName: "bytes"))
    var maxNameBytes = standard.nameBytes

    @Option(help: ArgumentHelp("The longest secret of a user, in bytes.", valueName: "bytes"))
    var maxSecretBytes = standard.secretBytes

    @Flag(
        help: ArgumentHelp(
            "Don't count connections from this machine in the limits by address and on connections that have not "
                + "logged in. Not if a proxy or a tunnel runs here: then everybody seems to come from this machine."))
    var trustLoopback = false

    /// A former flag: its effect is the default now.
    @Flag(help: .hidden)
    var limitLoopback = false

    /// Ranges stand in `NodeFacts`. Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        if limitLoopback {
            throw ValidationError(
                "--limit-loopback is gone: limits hold for this machine too; leave it out (--trust-loopback turns them "
                    + "off)")
        }
    }

    func set(_ limits: inout Limits) {
        limits.strangers = maxStrangers
        var loopback = LoopbackLimits()
        // A limit that a flag sets holds for the loopback too.
        if let maxStrangersPerAddress {
            (limits.strangersPerAddress, loopback.strangers) = (maxStrangersPerAddress, maxStrangersPerAddress)
        }
        if let strangerPatience {
            limits.strangerPatience = .milliseconds(strangerPatience)
            loopback.strangerPatience = limits.strangerPatience
        }
        if let maxClientsPerAddress {
            (limits.clientsPerAddress, loopback.clients) = (maxClientsPerAddress, maxClientsPerAddress)
        }
        limits.loginsPerNameAndAddress.free = loginAttempts
        limits.loginsPerName.free = loginAttemptsPerName
        if let registerAttempts {
            (limits.registrationsPerAddress.free, loopback.registrations.free) = (registerAttempts, registerAttempts)
        }
        loopback.registrations.longestPause = .seconds(longestPause)
        limits.loopback = trustLoopback ? nil : loopback
        limits.loginsPerNameAndAddress.longestPause = .seconds(longestPause)
        limits.loginsPerName.longestPause = .seconds(longestPause)
        limits.registrationsPerAddress.longestPause = .seconds(longestPause)
        limits.registrationsPerName.longestPause = .seconds(longestPause)
        limits.idleTimeout = idleTimeout.map { .seconds($0) }
        limits.messagesPerSecond = messageRate
        limits.bytesPerSecond = byteRate
        limits.nameBytes = maxNameBytes
        limits.secretBytes = maxSecretBytes
    }
}

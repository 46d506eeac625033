import ArgumentParser
import Tree

private let standard = Limits()
private let loopback = LoopbackLimits()

/// The limits on pending connections, guesses and messages.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Connections that have not logged in.", valueName: "count"))
    var maxStrangers = standard.strangers

    @Option(
        help: ArgumentHelp(
            "The same of one address. "
                + "(default: \(standard.strangersPerAddress); \(loopback.strangers) of this machine)",
            valueName: "count"))
    var maxStrangersPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Milliseconds within which whoever connects says something valid. "
                + "(default: \(standard.strangerPatience.wholeMilliseconds); "
                + "\(loopback.strangerPatience.wholeMilliseconds) on this machine)", valueName: "ms"))
    var strangerPatience: Int?

    @Option(
        help: ArgumentHelp(
            "Clients of one address that are logged in; further ones are told so. "
                + "(default: half of all that there may be; any number of this machine)", valueName: "count"))
    var maxClientsPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds, 5 to 604800, after which a client that says nothing is told and closed; PING keeps it. "
                + "(default: never)", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(
        help: ArgumentHelp(
            "Failed logins as one name from one address before each further one has to wait.", valueName: "count"))
    var loginAttempts = standard.loginsPerNameAndAddress.free

    @Option(help: ArgumentHelp("The same as one name, from wherever.", valueName: "count"))
    var loginAttemptsPerName = standard.loginsPerName.free

    @Option(
        help: ArgumentHelp(
            "Registrations from one address before each further one has to wait. (default: "
                + "\(standard.registrationsPerAddress.free); \(loopback.registrations.free) from this machine)",
            valueName: "count"))
    var registerAttempts: Int?

    @Option(help: ArgumentHelp("Seconds that a pause between attempts grows to.", valueName: "seconds"))
    var longestPause = Int(standard.loginsPerName.longestPause / .seconds(1))

    @Option(
        help: ArgumentHelp("Messages a second that are taken of one client; 0 for all.", valueName: "count"))
    var messageRate = standard.messagesPerSecond

    @Option(
        help: ArgumentHelp(
            "Bytes a second that are read of one client, 1024 or more; as many may come at once, or one line; 0 for "
                + "all.",
            valueName: "bytes"))
    var byteRate = standard.bytesPerSecond

    @Option(help: ArgumentHelp("The longest name, in bytes.", valueName: "bytes"))
    var maxNameBytes = standard.nameBytes

    @Option(help: ArgumentHelp("The longest secret of a user, in bytes.", valueName: "bytes"))
    var maxSecretBytes = standard.secretBytes

    @Flag(
        help: ArgumentHelp(
            "No limits by address, and on those who haven't logged in, for this machine's own connections. Behind a "
                + "proxy or a tunnel everybody comes from this machine."))
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

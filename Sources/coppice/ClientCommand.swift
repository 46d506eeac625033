import ArgumentParser
import Client
import Logging
import Secrets
import UV

/// `coppice client`
struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Talk in the network, from a terminal or in a pipe.",
        discussion: """
            Each line of standard input is said to all: one that is a JSON object as it is, any other as \
            {"object": LINE}. What is said by anybody, oneself included, is printed. A lost server is replaced by \
            another one; nothing is said or shown twice.

            Without -u it is anonymous. With -u alone it asks for the secret at a terminal; without a terminal, or an \
            answer, it registers the name under a secret that it makes and prints on standard error. With -u and -s it logs in.

            It ends at the end of the input with status 0 once its own messages have come back, which is the receipt \
            that others get them; with status 1 if they do not within 30 s, or if it is refused.
            """)

    @OptionGroup var server: ServerOptions

    @Option(
        name: [.customShort("u"), .customLong("username")],
        help: ArgumentHelp("Name to log in as. (default: anonymous)", valueName: "name"))
    var username: String?

    @OptionGroup var secret: SecretOptions

    @Flag(help: "Register the name with the given secret first.")
    var register = false

    @Flag(help: "Print each message as the line of JSON that came.")
    var json = false

    @Flag(help: "Print the time before each message, by its stamp and this machine's time zone.")
    var showTime = false

    @Option(
        help: ArgumentHelp(
            "Seconds to stay and listen after the end of the input.", valueName: "seconds"))
    var linger = 0.0

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        try server.check()
        try secret.check()
        if let username, username.isEmpty { throw ValidationError("-u/--username must not be empty") }
        guard linger >= 0, linger < 1e9 else { throw ValidationError("--linger has to be 0 or more seconds") }
        if json, showTime { throw ValidationError("--show-time: with --json the time is in the lines' stamps already") }
        if username == nil, secret.isGiven {
            throw ValidationError("-s/--secret and --secret-file need a name: -u/--username")
        }
        if register, username == nil { throw ValidationError("--register needs a name: -u/--username") }
        if register, username == Identity.anonymousName {
            throw ValidationError("--register: anonymous is nobody's name, choose another with -u/--username")
        }
    }

    /// Whoever is anonymous needs none: the environment isn't looked at.
    private func givenSecret() throws -> String? {
        guard let username else { return nil }
        return try secret.value(orIn: "COPPICE_USER_SECRET", for: "\(username)'s secret")
    }

    /// Asks at a terminal for what was not given. An empty answer leaves it to the program.
    private func askedSecret() -> String? {
        guard let username, username != Identity.anonymousName else { return nil }
        let asked = SecretPrompt.read("Secret of \(username) (none: register it under a new one): ")
        return asked?.isEmpty == false ? asked : nil
    }

    func run() throws {
        let given = try givenSecret() ?? askedSecret()
        var identity = Identity(session: randomToken())
        var isMadeUp = false
        if let username, username != Identity.anonymousName {
            identity.username = username
            identity.secret = given ?? randomToken()
            isMadeUp = given == nil
        }
        var settings = ClientSettings(identity: identity)
        settings.server = server.address
        settings.registers = register || isMadeUp
        settings.secretIsMadeUp = isMadeUp
        settings.printsJSON = json
        settings.showsTime = showTime
        settings.linger = .milliseconds(Int64(linger * 1000))
        settings.leastSeverity = logging.severity
        settings.seed = randomUInt64()
        let status = ClientProgram.run(settings)
        if status != 0 { throw ExitCode(status) }
    }
}

extension LoggingOptions {
    /// The same levels, for what the client tells.
    fileprivate var severity: Severity {
        switch level {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

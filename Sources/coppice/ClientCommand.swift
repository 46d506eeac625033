import ArgumentParser
import Client
import Session
import Logging
import Secrets
import Tree
import UV

/// `coppice client`
struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Talk in the network, from a terminal or in a pipe.",
        discussion: """
            Each line of standard input is said to all: one that is a JSON object as it is, any other as \
            {"object": LINE}; an empty line is passed over. What is said by anybody, oneself included, is printed. A \
            lost server is replaced by another one; nothing is said or shown twice.

            At a terminal the line is edited: cursor keys, history, Control-R to search it, while what others say \
            comes above. What is under way stands there dim until it has come back. A line that begins with / is a \
            command there: /help lists them, /quit or Control-D leaves, //text says "/text". In a pipe a slash is \
            nothing special.

            Without -u it is anonymous. With -u and -s it logs in. With -u alone, at a terminal, it asks for the \
            secret and tries it. If it is refused, the name may be new: typed again the secret registers the name, and \
            Enter begins anew. Enter at the first question registers the name under a secret that is made for it and \
            shown once. Without a terminal, -u alone registers the name so at once. "coppice account secret" changes a \
            secret.

            It ends at the end of the input with status 0 once its own messages have come back, which is the receipt \
            that others get them; with status 1 if they do not within 30 s, if it is refused, or if a line was: one \
            that is longer than the server takes is not sent, and the others are.
            """)

    @OptionGroup var server: ServerOptions

    @OptionGroup var security: SecurityOptions

    @Option(
        name: [.customShort("u"), .customLong("username")],
        help: ArgumentHelp("Name to log in as. (default: anonymous)", valueName: "name"))
    var username: String?

    @OptionGroup var secret: UserSecretOptions

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
        try security.check()
        if let username, username.isEmpty { throw ValidationError("-u/--username must not be empty") }
        guard linger >= 0, linger < 1e9 else { throw ValidationError("--linger has to be 0 or more seconds") }
        if json, showTime { throw ValidationError("--show-time: with --json the time is in the lines' stamps already") }
        if username == nil || username == Login.anonymous, secret.isGiven {
            throw ValidationError(
                "-s/--secret and --secret-file need a name\(username == nil ? "" : ", and anonymous is nobody's"): "
                    + "-u/--username")
        }
        if register, username == nil { throw ValidationError("--register needs a name: -u/--username") }
        if register, username == Login.anonymous {
            throw ValidationError("--register: anonymous is nobody's name, choose another with -u/--username")
        }
    }

    /// Gives a name its secret. If none was given, it asks for one at a terminal, and makes one without a terminal.
    private func sign(_ username: String, in settings: inout ClientSettings) throws {
        let tls = settings.tls
        settings.identity.username = username
        settings.registers = register
        if let given = try secret.value(for: "\(username)'s secret") {
            settings.identity.secret = given
            return
        }
        var outcome = SignIn.Outcome.toRegister(secret: randomToken(), isMade: true)
        if Terminal.isTerminal(0) {
            let signIn = SignIn(
                username, ask: { SecretPrompt.read(Printable.text($0)) },
                tell: { StandardError.write(Printable.text($0) + "\n") }, makeSecret: { randomToken() },
                exchange: { Exchange.ask($0, at: server.address, tls: tls).outcome })
            outcome = register ? newSecret(of: username) : signIn.run()
        }
        switch outcome {
        case .secret(let secret): settings.identity.secret = secret
        case .toRegister(let secret, let isMade):
            settings.identity.secret = secret
            settings.registers = true
            settings.secretIsMadeUp = isMade
        case .ended:
            throw Complaint("no secret was typed: give it with \(SecretKind.user.places)")
        }
    }

    private func newSecret(of username: String) -> SignIn.Outcome {
        let typed = NewSecret.ask(of: Printable.text(username), emptyMeans: "one is made, and shown once")
        guard let typed else { return .ended }
        return .toRegister(secret: typed.isEmpty ? randomToken() : typed, isMade: typed.isEmpty)
    }

    func run() throws {
        secret.hide()
        var settings = ClientSettings(identity: Identity(session: randomToken()))
        settings.tls = try security.context()
        if let username, username != Login.anonymous {
            try sign(username, in: &settings)
        } else if EnvironmentVariable.takeSecret(UserSecretOptions.kind.variable) != nil {
            // It may be meant for other programs, so this is no error.
            StandardError.write(
                "Warning: \(UserSecretOptions.kind.variable) isn't used, since this client is anonymous: give a name "
                    + "(-u/--username) to log in with it\n")
        }
        settings.server = server.address
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
    /// The same levels, for the client's notices.
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

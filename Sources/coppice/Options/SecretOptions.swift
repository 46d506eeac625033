import ArgumentParser
import Secrets
import Tree
import UV

/// A secret, by whichever way it is handed over.
protocol SecretOptions: ParsableArguments {
    static var kind: SecretKind { get }

    var secret: String? { get }
    var secretFile: String? { get }
    var flags: InsecureFlags { get }
}

/// Whether secrets may stand in the command line.
struct InsecureFlags: ParsableArguments {
    /// Allows it for all programs that get it, as those of tests.
    private static let variable = "COPPICE_INSECURE_FLAGS"

    @Flag(help: "Take a secret in a flag, where every user of this machine can read it (ps).")
    var insecureFlags = false

    var areAllowed: Bool { insecureFlags || EnvironmentVariable.value(Self.variable) == "1" }

    /// - Parameter variable: the environment variable that takes the secret instead.
    static func refusal(of option: String, _ variable: String) -> String {
        "\(option): a secret in a flag can be read by every user of this machine: put it into a file (--secret-file) "
            + "or into \(variable), or say --insecure-flags. It may have been read just now"
    }
}

/// The secret of a node, for tools that nodes answer.
struct NodeSecretOptions: SecretOptions {
    static let kind = SecretKind.tool

    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The node's secret, with --insecure-flags. Better in a file, or in the environment: COPPICE_SECRET. "
                + "(default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the node's secret. (default: none)", valueName: "file"))
    var secretFile: String?

    @OptionGroup var flags: InsecureFlags

    /// The secret, for a command that can do nothing without it.
    func required() throws -> String {
        if let secret = try value() { return secret }
        throw Complaint("the node's secret is missing: give it with \(SecretKind.tool.places)")
    }
}

/// The secret of the network, for clocks.
struct NetworkSecretOptions: SecretOptions {
    static let kind = SecretKind.own

    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The network's secret, with --insecure-flags. Better in a file, or in the environment: COPPICE_SECRET. "
                + "(default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the network's secret. (default: none)", valueName: "file"))
    var secretFile: String?

    @OptionGroup var flags: InsecureFlags
}

/// The secret of a user.
struct UserSecretOptions: SecretOptions {
    static let kind = SecretKind.user

    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The user's secret, with --insecure-flags. Better in a file, or in the environment: COPPICE_USER_SECRET. "
                + "(default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the user's secret. (default: none)", valueName: "file"))
    var secretFile: String?

    @OptionGroup var flags: InsecureFlags
}

extension SecretOptions {
    /// Whether the command line has one. The environment may hold a secret that is meant for other programs.
    var isGiven: Bool { secret != nil || secretFile != nil }

    /// The most explicit secret that was given: the option, else the file, else the environment. It also hides the
    /// secret from other users who list this process, so it is to be called first.
    ///
    /// - Parameters:
    ///   - subject: what the secret is, for warnings.
    ///   - line: where a configuration file has it; nil for a secret that is none of a configuration file's.
    func value(for subject: String = "the node's secret", in line: String? = nil) throws -> String? {
        hide()
        return try SecretSources(
            subject: subject, option: SecretSetting("-s/--secret", secret, flags, in: line),
            file: try SecretFile(secretFile, option: "--secret-file"), variable: Self.kind.variable
        ).choose()
    }

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        // Also where none is needed: a secret on the command line is meant.
        if secret?.isEmpty == true { throw ValidationError(SecretSources.emptiness(of: "-s/--secret")) }
    }

    /// Hides the secret from other users who list this process, and from other programs of this one.
    func hide() {
        ProcessPrivacy.forbidDumps()
        HiddenArguments.hide(valuesOf: ["-s", "--secret"])
    }
}

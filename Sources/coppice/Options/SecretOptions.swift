import ArgumentParser
import Secrets
import UV

/// A secret, by whichever way it is handed over.
protocol SecretOptions: ParsableArguments {
    /// Of the environment.
    static var variable: String { get }

    var secret: String? { get }
    var secretFile: String? { get }
}

/// The secret of a node, for tools that nodes answer.
struct NodeSecretOptions: SecretOptions {
    static let variable = "COPPICE_SECRET"

    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The node's secret. Better in a file, or in the environment: COPPICE_SECRET. (default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the node's secret. (default: none)", valueName: "file"))
    var secretFile: String?
}

/// The secret of a user.
struct UserSecretOptions: SecretOptions {
    static let variable = "COPPICE_USER_SECRET"

    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The user's secret. Better in a file, or in the environment: COPPICE_USER_SECRET. (default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the user's secret. (default: none)", valueName: "file"))
    var secretFile: String?
}

extension SecretOptions {
    /// Whether the command line has one. The environment may hold a secret that is meant for other programs.
    var isGiven: Bool { secret != nil || secretFile != nil }

    /// The most explicit secret that was given: the option, else the file, else the environment. It also hides the
    /// secret from other users who list this process, so it is to be called first.
    ///
    /// - Parameter subject: what the secret is, for warnings.
    func value(for subject: String = "the node's secret") throws -> String? {
        hide()
        return try SecretSources(
            subject: subject, option: ("-s/--secret", secret),
            file: try SecretFile(secretFile, option: "--secret-file"), variable: Self.variable
        ).choose()
    }

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        // Also where none is needed: a secret on the command line is meant.
        if secret?.isEmpty == true { throw ValidationError(SecretSources.emptiness(of: "-s/--secret")) }
    }

    /// Hides the secret from other users who list this process.
    func hide() { HiddenArguments.hide(valuesOf: ["-s", "--secret"]) }
}

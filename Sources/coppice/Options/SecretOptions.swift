import ArgumentParser
import Secrets
import UV

/// A secret, by whichever way it is handed over.
struct SecretOptions: ParsableArguments {
    @Option(
        name: [.customShort("s"), .customLong("secret")],
        help: ArgumentHelp(
            "The secret. Better in a file, or in the environment: COPPICE_SECRET for a node's, COPPICE_USER_SECRET for a "
                + "user's. (default: none)",
            valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("File whose first line is the secret. (default: none)", valueName: "file"))
    var secretFile: String?

    /// Whether the command line has one; the environment may hold one that is meant for others.
    var isGiven: Bool { secret != nil || secretFile != nil }

    /// The first that is given of the option, the file and the environment. It also takes the secret out of what other
    /// users see of this process, so it is to be called first.
    ///
    /// - Parameter variable: of the environment.
    func value(orIn variable: String) throws -> String? {
        hide()
        if let secret { return secret }
        guard let secretFile else { return EnvironmentVariable.value(variable) }
        return try SecretFile.firstLine(of: secretFile, option: "--secret-file")
    }

    /// Takes the secret out of what other users see of this process.
    func hide() { HiddenArguments.hide(valuesOf: ["-s", "--secret"]) }
}

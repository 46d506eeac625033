import Configuring
import Host
import Secrets
import Tree

// Where the secrets of a node come from.

extension NodeCommand {
    /// The options that carry secrets; all others have their defaults.
    func optionsWithSecrets(_ given: GivenSettings) throws -> NodeOptions {
        let secrets = try secrets(given)
        let made = randomToken()
        var options = NodeOptions(parentSecret: secrets?.parent ?? made, ownSecret: secrets?.own ?? made)
        options.otherOwnSecret = secrets?.other
        if let secretFile, secrets?.isOfFile == true {
            options.rereadSecrets = { try SecretFile.lines(of: secretFile, option: "--secret-file") }
        }
        options.isSecretMade = secrets == nil
        options.clockSecret = try SecretSources(
            subject: "the clocks", file: try SecretFile(clockSecretFile, option: "--clock-secret-file"),
            variable: "COPPICE_CLOCK_SECRET"
        ).choose()
        return options
    }

    /// One network secret is the simple case: each of the two stands for the other where it is missing. Nil for a root
    /// that was given none.
    private func secrets(_ given: GivenSettings) throws -> (
        parent: String, own: String, other: String?, isOfFile: Bool
    )? {
        let file = try SecretFile(secretFile, option: "--secret-file")
        let parent = try SecretSources(
            subject: "the parent",
            option: SecretSetting("-s/--parent-secret", parentSecret, flags, in: given.line(of: "parent-secret")),
            file: file,
            variable: SecretKind.parent.variable
        ).choose()
        let own = try SecretSources(
            subject: "this node", option: SecretSetting("-ms/--secret", ownSecret, flags, in: given.line(of: "secret")),
            file: file,
            variable: SecretKind.own.variable
        ).choose()
        if let known = own ?? parent {
            // Options win over the file: then it isn't the network's secret that is in there.
            let isOfFile = file != nil && parentSecret == nil && ownSecret == nil
            return (parent ?? known, own ?? known, isOfFile ? file?.second : nil, isOfFile)
        }
        guard parentHost == nil else {
            throw Complaint(
                "the parent's secret is missing: give it with \(SecretKind.own.places), or in "
                    + "\(SecretKind.parent.variable) if this node's own is another one")
        }
        return nil
    }
}

/// Which secret a message is about. All advice about a wrong or missing secret takes its words from here: the places
/// from which a program takes that secret. The flags that hold a secret themselves aren't among them, since programs
/// refuse them unless they are told otherwise.
public enum SecretKind: Sendable, CaseIterable {
    /// A user's, as `coppice client` shows it.
    case user
    /// A node's, as tools show it.
    case tool
    /// A node's own.
    case own
    /// The one that a node shows to its parent.
    case parent

    /// The environment variable that takes it.
    public var variable: String {
        switch self {
        case .user: "COPPICE_USER_SECRET"
        case .tool, .own: "COPPICE_SECRET"
        case .parent: "COPPICE_PARENT_SECRET"
        }
    }

    /// Where a program takes it from, as the object of "check": `--secret-file or COPPICE_SECRET`.
    public var places: String {
        switch self {
        case .user, .tool: "--secret-file or \(variable)"
        case .own: "--secret-file, \(variable), or secret in the configuration file"
        case .parent:
            "--secret-file, \(variable) or \(Self.own.variable), or parent-secret or secret in the configuration file"
        }
    }
}

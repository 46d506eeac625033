/// One setting of a program: what its flag declares, and what stands about it in the program's table.
///
/// The flag `--idle-timeout` is the variable `COPPICE_IDLE_TIMEOUT` and the key `idle-timeout` of a configuration file.
public struct Setting: Sendable {
    /// How a value is written.
    public enum Kind: Sendable, Equatable {
        /// True or false; as a flag without a value it is true.
        case yesOrNo
        case text
        case count
        case amount(SettingUnit)
    }

    /// The name without dashes: `idle-timeout`.
    public let name: String
    public let kind: Kind
    /// Whether several values may be given: as a flag that is repeated, or as a list in a file.
    public let isRepeating: Bool
    /// All spellings of the flag, with their dashes.
    public let flags: [String]
    /// What stands for the value in the help, such as `seconds`; empty for yes or no.
    public let valueName: String
    /// As the help shows it; nil if it is no fixed value.
    public let defaultValue: String?
    /// The values that there are; empty if they can't be listed.
    public let allowed: [String]
    /// What it is for: one or two sentences.
    public let help: String
    /// The heading under which the help has it; nil for the first ones.
    public let section: String?
    public let facts: SettingFacts

    /// Whether it may have several values.
    var isList: Bool { isRepeating || facts.flaw != nil }

    /// The environment variable: `COPPICE_IDLE_TIMEOUT`.
    public var variable: String { Self.variablePrefix + name.uppercased().replacing("-", with: "_") }

    static let variablePrefix = "COPPICE_"

    /// Whether it is something that others must not read.
    public var isSecret: Bool {
        valueName == "secret" || valueName == "token" || name == "secret" || name.hasSuffix("-secret")
    }

    /// The flag as messages name it: `-a/--announce-interval`.
    var flagName: String { flags.joined(separator: "/") }
}

/// What a flag can't declare of a setting.
public struct SettingFacts: Sendable {
    /// When a new value counts.
    public enum Change: Sendable, Equatable {
        /// As soon as a running program has read it again.
        case running
        case restart
    }

    /// The values that a number may have, in the setting's unit; nil for any.
    public var range: ClosedRange<Int>?
    /// What 0 means, if it is allowed besides the range.
    public var zero: String?
    public var change: Change
    /// Why the default is what it is.
    public var reason: String?
    /// For a list with commas between its elements: what is wrong with one element, as the rest of a sentence about the
    /// setting; nil if nothing is. In a file such a list may be a list of YAML as well.
    public var flaw: Flaw?

    public typealias Flaw = @Sendable (_ element: String) -> String?

    public init(
        _ range: ClosedRange<Int>? = nil, zero: String? = nil, change: Change = .restart, reason: String? = nil,
        listWithFlaw flaw: Flaw? = nil
    ) {
        self.range = range
        self.zero = zero
        self.change = change
        self.reason = reason
        self.flaw = flaw
    }
}

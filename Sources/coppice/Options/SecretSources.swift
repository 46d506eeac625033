import ArgumentParser
import UV

/// The ways in which one secret can be handed over. The most explicit wins: an option over a file over the environment.
///
/// What stands in the command line can be read by every user of the machine from the moment at which a program starts,
/// whatever it does then. So an option isn't taken unless that is allowed (`InsecureFlags`).
///
/// An empty secret is refused, since it is most likely an unset variable of a shell. If two secrets differ, a warning
/// says which one is used.
struct SecretSources {
    /// What the secret is, for warnings: `the node's secret`.
    let subject: String
    /// The setting that holds the secret itself.
    var option: SecretSetting?
    var file: SecretFile?
    /// The environment variable.
    var variable: String

    /// The secret; nil if none was given.
    ///
    /// - Throws: a sentence that names the option, file or variable that is empty or can't be read.
    func choose() throws -> String? {
        var given: [(source: String, text: String)] = []
        if let option, let value = option.text {
            guard !value.isEmpty else { throw Complaint(Self.emptiness(of: option.source)) }
            guard option.isAllowed else { throw Complaint(InsecureFlags.refusal(of: option.source, variable)) }
            given.append((option.source, value))
        }
        if let file { given.append((file.source, file.text)) }
        if let value = EnvironmentVariable.takeSecret(variable) {
            given.append((variable, value))
        } else if given.isEmpty, EnvironmentVariable.isEmpty(variable) {
            throw Complaint(Self.emptiness(of: variable))
        }
        guard let chosen = given.first else { return nil }
        for other in given.dropFirst() where other.text != chosen.text {
            StandardError.write(
                "Warning: \(chosen.source) and \(other.source) give different secrets for \(subject): "
                    + "\(chosen.source) is used\n")
        }
        return chosen.text
    }

    /// The error for an option or a variable that is there and holds nothing.
    static func emptiness(of source: String) -> String {
        "\(source) is empty: give a secret, or leave it out"
    }
}

/// A secret that is itself the value of a setting: of a flag, which others could read, or of a line in a configuration
/// file, which is as good as a file of its own.
struct SecretSetting {
    /// The flag, or the line, for messages.
    let source: String
    let text: String?
    let isAllowed: Bool

    /// - Parameter line: where a configuration file has it; nil for a flag.
    init(_ flag: String, _ text: String?, _ flags: InsecureFlags, in line: String?) {
        source = line ?? flag
        self.text = text
        isAllowed = line != nil || flags.areAllowed
    }
}

/// A file whose first line is a secret. It is read once: it may be a pipe.
struct SecretFile {
    /// The option and the file, for warnings.
    let source: String
    /// The first line, without its end. A byte order mark, which some editors write, is no part of it.
    let text: String
    /// The second line, if there is one: another secret that is taken for a while.
    let second: String?

    /// Nil without a path. Warns if other users can read the file.
    ///
    /// - Parameter option: the option that named the file, for the message to the user.
    init?(_ path: String?, option: String) throws {
        guard let path else { return nil }
        source = "\(option) \(path)"
        (text, second) = try Self.lines(of: path, option: option)
        if Files.isReadableByOthers(path) {
            StandardError.write(
                "Warning: other users can read the secret in \(path) (\(option)): chmod 600 \(path)\n")
        }
    }

    /// The secrets in a file: one, or two of which the first is shown and both are taken.
    ///
    /// - Throws: a sentence that names the option.
    static func lines(of path: String, option: String) throws -> (first: String, second: String?) {
        guard !path.isEmpty else { throw Complaint("\(option) is empty: name a file, or leave it out") }
        do {
            return try Files.withSecret(path, limitBytes: 64 * 1024) { bytes in
                var lines = bytes.split(omittingEmptySubsequences: false) { $0 == 10 || $0 == 13 }[...]
                if lines.first?.starts(with: [0xef, 0xbb, 0xbf]) == true {
                    lines[lines.startIndex] = lines[lines.startIndex].dropFirst(3)
                }
                guard let first = lines.first, !first.isEmpty else {
                    throw Complaint("the first line of \(path) is empty: check \(option)")
                }
                guard let text = String(validating: first, as: UTF8.self) else {
                    throw Complaint("the first line of \(path) is no text in UTF-8: check \(option)")
                }
                let second = lines.dropFirst().first { !$0.isEmpty }.flatMap { String(validating: $0, as: UTF8.self) }
                return (text, second)
            }
        } catch let error as FileError {
            throw Complaint("\(error): check \(option)")
        }
    }
}

import Glibc

/// The process's environment.
public enum EnvironmentVariable {
    /// The value of a variable; nil if it isn't set, or is empty.
    public static func value(_ name: String) -> String? {
        guard let pointer = getenv(name) else { return nil }
        let text = String(cString: pointer)
        return text.isEmpty ? nil : text
    }

    /// Whether a variable is set and empty.
    public static func isEmpty(_ name: String) -> Bool {
        getenv(name).map { $0.pointee == 0 } ?? false
    }
}

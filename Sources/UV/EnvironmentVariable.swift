import CLibUV
import Glibc

/// The process's environment.
public enum EnvironmentVariable {
    /// The value of a variable; nil if it isn't set, or is empty.
    public static func value(_ name: String) -> String? {
        guard let pointer = getenv(name) else { return nil }
        let text = String(cString: pointer)
        return text.isEmpty ? nil : text
    }

    /// The value of a variable that holds a secret; nil if it isn't set, or is empty. It is overwritten and removed, so
    /// that neither children get it nor others see it (`/proc/PID/environ`).
    public static func takeSecret(_ name: String) -> String? {
        guard let text = value(name), let pointer = getenv(name) else { return nil }
        explicit_bzero(pointer, strlen(pointer))
        unsetenv(name)
        return text
    }

    /// Whether a variable is set and empty.
    public static func isEmpty(_ name: String) -> Bool {
        getenv(name).map { $0.pointee == 0 } ?? false
    }

    /// All variables. A name that stands there twice has its first value.
    public static func all() -> [String: String] {
        var items: UnsafeMutablePointer<uv_env_item_t>?
        var count: Int32 = 0
        guard uv_os_environ(&items, &count) == 0, let items else { return [:] }
        defer { uv_os_free_environ(items, count) }
        var all: [String: String] = [:]
        for index in 0..<Int(count) {
            guard let name = items[index].name, let value = items[index].value else { continue }
            let key = String(cString: name)
            if all[key] == nil { all[key] = String(cString: value) }
        }
        return all
    }
}

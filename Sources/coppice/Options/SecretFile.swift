import UV

/// A file whose first line is a secret.
enum SecretFile {
    /// - Parameter option: by which the file was named, for who has to correct it.
    static func firstLine(of path: String, option: String) throws -> String {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limitBytes: 64 * 1024)
        } catch {
            throw Complaint("\(error): check \(option)")
        }
        let line = bytes.prefix { $0 != 10 && $0 != 13 }
        guard !line.isEmpty else { throw Complaint("\(path) is empty: check \(option)") }
        return String(decoding: line, as: UTF8.self)
    }
}

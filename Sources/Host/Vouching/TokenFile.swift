import JWT
import UV

/// The file with the keys of whoever signs tokens of users, and what tokens have to claim.
public struct TokenFile: Sendable {
    public let path: String
    public var rules = TokenRules()

    public init(path: String) {
        self.path = path
    }

    /// Why the file can't be used: a sentence that names the flag.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// Its bytes, and the keys that they are.
    struct Contents: Sendable {
        let digest: Int
        let keys: KeySet
        /// The file has a secret, and others than its owner may read it.
        let isReadableByOthers: Bool
    }

    /// Reads the file. It blocks.
    func read() throws(Failure) -> Contents {
        var bytes: [UInt8]
        do {
            bytes = try Files.read(path, limitBytes: Settings.certificateBytes)
        } catch {
            throw Failure(description: "\(error): check --jwt-key")
        }
        // It may be a secret, of which the keys have a copy.
        defer { ProcessPrivacy.wipe(&bytes) }
        do {
            let keys = try KeySet(file: bytes)
            return Contents(
                digest: bytes.hashValue, keys: keys,
                isReadableByOthers: keys.isSecret && Files.isReadableByOthers(path))
        } catch {
            throw Failure(description: "\(path) has no keys for tokens: \(error): check --jwt-key")
        }
    }
}

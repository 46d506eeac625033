import CSodium
import Tree

/// A public name for a token that only its owner may know: BLAKE2b (RFC 7693) of 128 bits. It is the same wherever it
/// is computed. If the token can't be guessed, nobody can compute it from the name.
public enum PublicName {
    /// - Returns: 26 characters from `a` to `z` and `2` to `7`.
    public static func of(_ token: String) -> String {
        needSodium()
        var digest = [UInt8](repeating: 0, count: 16)
        let bytes = Array(token.utf8)
        let status = crypto_generichash(&digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
        precondition(status == 0, "BLAKE2b refused its parameters")
        return Base32.text(digest)
    }
}

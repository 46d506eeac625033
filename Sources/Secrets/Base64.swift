import CSodium

/// Bytes as text and back (RFC 4648, with `+`, `/` and padding).
public enum Base64 {
    /// The text of some bytes, with padding.
    public static func text(_ bytes: [UInt8]) -> String {
        needSodium()
        let capacity = sodium_base64_encoded_len(bytes.count, sodium_base64_VARIANT_ORIGINAL)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            sodium_bin2base64(buffer.baseAddress!, capacity, bytes, bytes.count, sodium_base64_VARIANT_ORIGINAL)
            return String(cString: buffer.baseAddress!)
        }
    }

    /// - Returns: `nil` if the text is not valid, as one with blanks.
    public static func bytes(_ text: String) -> [UInt8]? {
        needSodium()
        let text = Array(text.utf8)
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
            text.withUnsafeBytes { source in
                guard let base = source.baseAddress else { return isWhole = true }
                isWhole =
                    sodium_base642bin(
                        buffer.baseAddress!, buffer.count, base.assumingMemoryBound(to: CChar.self), source.count, nil,
                        &count, nil, sodium_base64_VARIANT_ORIGINAL) == 0
            }
            if !isWhole { count = 0 }
        }
        return isWhole ? bytes : nil
    }
}

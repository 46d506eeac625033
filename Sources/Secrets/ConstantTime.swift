import CSodium

/// Whether two secrets are equal. The time depends on their lengths, but not on where they differ. So nobody can use it
/// to guess a secret piece by piece.
///
/// Both are hashed first, under a key that is made for this call. So the comparison itself is of equal lengths.
public func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    needSodium()
    let key = randomBytes(Int(crypto_generichash_KEYBYTES))
    return sodium_memcmp(digest(one, key), digest(other, key), Int(crypto_generichash_BYTES)) == 0
}

/// As above, for the UTF-8 bytes of texts: different spellings of one character differ.
public func constantTimeEqual(_ one: String, _ other: String) -> Bool {
    constantTimeEqual(Array(one.utf8), Array(other.utf8))
}

private func digest(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(crypto_generichash_BYTES)) { buffer, count in
        let status = crypto_generichash(
            buffer.baseAddress!, buffer.count, bytes, UInt64(bytes.count), key, key.count)
        precondition(status == 0, "BLAKE2b refused its parameters")
        count = Int(crypto_generichash_BYTES)
    }
}

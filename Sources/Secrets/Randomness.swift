import CSodium
import Tree

/// Random bytes that nobody can predict.
public func randomBytes(_ count: Int) -> [UInt8] {
    needSodium()
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        if count > 0 { randombytes_buf(buffer.baseAddress!, count) }
        initialized = count
    }
}

/// 64 random bits that nobody can predict.
public func randomUInt64() -> UInt64 {
    randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
}

/// A token of 130 random bits: 26 characters from `a` to `z` and `2` to `7`. For ids, and for secrets that a program
/// makes.
public func randomToken() -> String {
    // There are 32 letters. The lower five bits of a byte choose each of them equally often.
    return String(decoding: randomBytes(26).map { Base32.character(UInt64($0)) }, as: UTF8.self)
}

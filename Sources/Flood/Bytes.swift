import Glibc

/// Operations on bytes for the busy path, by the C library's loops. Nothing keeps the bytes after the call.
enum Bytes {
    @inline(__always)
    static func areEqual(_ one: RawSpan, _ other: RawSpan) -> Bool {
        let count = one.byteCount
        guard count == other.byteCount else { return false }
        return count == 0
            || one.withUnsafeBytes { one in
                other.withUnsafeBytes { other in memcmp(one.baseAddress!, other.baseAddress!, count) == 0 }
            }
    }

    /// The first index of a byte, searched from `start` on; nil if there is none.
    @inline(__always)
    static func firstIndex(of byte: UInt8, in bytes: RawSpan, from start: Int = 0) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    @inline(__always)
    static func byte(_ bytes: RawSpan, at index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    static func starts(_ bytes: RawSpan, with prefix: [UInt8]) -> Bool {
        bytes.byteCount >= prefix.count && areEqual(bytes.extracting(first: prefix.count), prefix.span.bytes)
    }

    static func append(_ bytes: RawSpan, to array: inout [UInt8]) {
        bytes.withUnsafeBytes { array.append(contentsOf: $0) }
    }

    static func text(_ bytes: RawSpan) -> String {
        bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

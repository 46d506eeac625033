import CLibUV

/// Bytes that a stream was given and that the kernel hasn't taken yet.
///
/// There are two stores. One is in libuv's hands, as the single write request of the stream. The other gathers further
/// bytes, and becomes the next request when the first is done.
///
///     write() ──▶ gathered ──(the flight has landed)──▶ flight ──▶ kernel
final class WriteQueue {
    let request: UnsafeMutablePointer<uv_write_t>
    private(set) var flight = ByteStore()
    private(set) var gathered = ByteStore()

    init() {
        request = .allocate(capacity: 1)
    }

    deinit {
        request.deallocate()
        flight.free()
        gathered.free()
    }

    func append(_ bytes: RawSpan) {
        gathered.append(bytes)
    }

    /// Makes the gathered bytes the next request. The store of the finished request is emptied and gathers from now on.
    func takeOff() -> uv_buf_t {
        flight.removeAll()
        swap(&flight, &gathered)
        return uv_buf_t(base: flight.base?.assumingMemoryBound(to: CChar.self), len: flight.count)
    }
}

/// Bytes whose address stays the same while nothing is appended. The owner frees them.
struct ByteStore {
    private(set) var base: UnsafeMutableRawPointer?
    private(set) var count = 0
    private var capacity = 0

    mutating func append(_ bytes: RawSpan) {
        let needed = count + bytes.byteCount
        if needed > capacity {
            let grown = UnsafeMutableRawPointer.allocate(byteCount: max(needed, capacity * 2, 512), alignment: 16)
            if let base {
                grown.copyMemory(from: base, byteCount: count)
                base.deallocate()
            }
            base = grown
            capacity = max(needed, capacity * 2, 512)
        }
        bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            (base! + count).copyMemory(from: start, byteCount: source.count)
        }
        count = needed
    }

    mutating func removeAll() {
        count = 0
    }

    mutating func free() {
        base?.deallocate()
        base = nil
        count = 0
        capacity = 0
    }
}

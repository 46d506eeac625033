import CLibUV

/// What a stream has been given and the kernel has not taken yet.
///
/// Two stores: one is in libuv's hands as the single write request of the stream, the other gathers what comes
/// meanwhile and goes as one request when the first has gone.
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

    /// What has gathered becomes what is in flight; the landed store is emptied and gathers from now on.
    func takeOff() -> uv_buf_t {
        flight.removeAll()
        swap(&flight, &gathered)
        return uv_buf_t(base: flight.base?.assumingMemoryBound(to: CChar.self), len: flight.count)
    }
}

/// Bytes at an address that stays while nothing is appended. Freed by hand.
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

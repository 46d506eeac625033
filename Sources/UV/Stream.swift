import CLibUV

/// A TCP connection.
///
/// A `Listener` or `connect` makes it. It lives until it is closed, even if no reference to it is held. Reading
/// begins with `startReading()`, when its `handler` has been set. Writing never blocks: bytes that the kernel doesn't
/// take at once are queued, and the handler is told when they have gone.
///
/// This class doesn't know lines, limits or time-outs of a protocol. Those belong to the owner, which sees
/// `queuedBytes` and may stop reading.
///
/// There may be twenty thousand streams. An idle one has 56 bytes beside libuv's own 248. The write queue, the state of
/// finishing and a filter, which few connections need, are objects of their own, made when needed and freed afterwards.
public final class Stream {
    /// The object that this stream calls back. The stream doesn't keep it alive.
    public unowned var handler: (any StreamHandler)?

    let tcp: HandleMemory<uv_tcp_t>
    /// What a stream needs only while it writes or finishes, or with a filter.
    private(set) var work: StreamWork?
    private var flags = Flags()
    /// The index in the `FanOut` that the stream is a member of; -1 if there is none.
    var fanOutIndex: Int32 = -1

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let reading = Flags(rawValue: 1)
        static let closed = Flags(rawValue: 2)
        static let ended = Flags(rawValue: 4)
        static let failed = Flags(rawValue: 8)
        static let urgent = Flags(rawValue: 16)
    }

    init(on loop: Loop) {
        tcp = HandleMemory()
        must(uv_tcp_init(loop.raw, tcp.pointer), "uv_tcp_init")
        tcp.retain(self)
        loop.openStreams += 1
    }

    deinit {
        tcp.free()
    }

    /// The loop that it was made on, which outlives it.
    var loop: Loop {
        Unmanaged<Loop>.fromOpaque(tcp.pointer.pointee.loop.pointee.data).takeUnretainedValue()
    }

    public private(set) var isReading: Bool {
        get { flags.contains(.reading) }
        set { flags.set(.reading, newValue) }
    }

    /// Set by `close()`: the descriptor is gone and no callback will come.
    public private(set) var isClosed: Bool {
        get { flags.contains(.closed) }
        set { flags.set(.closed, newValue) }
    }

    /// The other side has closed its sending side.
    var hasEnded: Bool {
        get { flags.contains(.ended) }
        set { flags.set(.ended, newValue) }
    }

    /// The connection is broken, and the handler knows.
    var hasFailed: Bool {
        get { flags.contains(.failed) }
        set { flags.set(.failed, newValue) }
    }

    /// It is read in every turn, however many others have something to say.
    public var isUrgent: Bool {
        get { flags.contains(.urgent) }
        set { flags.set(.urgent, newValue) }
    }

    /// What waits for the kernel; `nil` when nothing does.
    var queue: WriteQueue? {
        get { work?.queue }
        set {
            if newValue != nil, work == nil { work = StreamWork() }
            work?.queue = newValue
            giveBackWork()
        }
    }

    /// Set once the owner has called `finish(within:)`.
    var finishing: Finishing? {
        get { work?.finishing }
        set {
            if newValue != nil, work == nil { work = StreamWork() }
            work?.finishing = newValue
            giveBackWork()
        }
    }

    /// Set once a filter was installed.
    var filtering: Filtering? {
        get { work?.filtering }
        set {
            if newValue != nil, work == nil { work = StreamWork() }
            work?.filtering = newValue
        }
    }

    private func giveBackWork() {
        if let work, work.queue == nil, work.finishing == nil, work.filtering == nil { self.work = nil }
    }

    /// Begins, or continues, to give received bytes to the handler.
    public func startReading() {
        guard !isReading, !isClosed, !hasEnded, !hasFailed else { return }
        isReading = true
        let status = uv_read_start(tcp.stream, streamNeedsBuffer, streamDidRead)
        // libuv refuses this if the connection broke before anybody read. The write that noticed it has told the
        // handler, or will.
        if status < 0 { isReading = false }
    }

    /// Stops reading. Further bytes of the other side stay in the kernel, whose window then closes. That slows the
    /// sender down.
    public func stopReading() {
        guard isReading, !isClosed, finishing == nil else { return }
        isReading = false
        uv_read_stop(tcp.stream)
    }

    /// Closes the connection at once. Queued bytes are lost. It may be called at any time, in any callback, and more
    /// than once. The handler isn't called afterwards.
    ///
    /// If bytes of the other side are unread, the kernel resets the connection, which can destroy what was just sent.
    /// To send a last answer, use `finish(within:)`.
    public func close() {
        close(withReset: false)
    }

    /// Closes the connection at once by a reset, otherwise as `close()`. The system keeps nothing of it. After an
    /// orderly close the system keeps the port of the side that closed first for a minute, and with many connections
    /// these ports run out.
    public func reset() {
        close(withReset: true)
    }

    private func close(withReset: Bool) {
        guard !isClosed else { return }
        precondition(fanOutIndex < 0, "a stream has to be taken out of its fan-out before it is closed")
        isClosed = true
        isReading = false
        handler = nil
        finishing?.timer.close()
        loop.openStreams -= 1
        if withReset { tcp.closeWithReset() } else { tcp.close() }
    }

    // MARK: Callbacks of libuv

    fileprivate func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(start: base, count: count)
            if let work {
                // While the stream is finishing, further bytes are read only so that closing doesn't reset the
                // connection.
                if work.finishing != nil { return }
                if work.filtering != nil {
                    let loop = loop
                    loop.bytesRead += UInt64(count)
                    loop.bytesOfRead = count
                    return receive(bytes.bytes)
                }
            }
            withOwner(tcp.pointer.pointee.loop.pointee.data, as: Loop.self) {
                $0.bytesRead += UInt64(count)
                $0.bytesOfRead = count
            }
            handler?.stream(self, received: bytes.bytes)
        } else if count == 0 || count == Int(UV_ENOBUFS.rawValue) {
            // 0: nothing there after all. ENOBUFS: our own refusal to read twice, or too much, in one turn.
        } else if count == Int(UV_EOF.rawValue) {
            hasEnded = true
            isReading = false
            if finishing != nil {
                finishIfDone()
            } else if let filtering {
                endFiltered(filtering)
            } else {
                handler?.streamEnded(self, error: nil)
            }
        } else {
            fail(UVError(code: Int32(count)))
        }
    }

    /// To be called when the connection is broken: tells the handler, once.
    func fail(_ error: UVError) {
        guard !isClosed, !hasFailed else { return }
        hasFailed = true
        if isReading {
            isReading = false
            uv_read_stop(tcp.stream)
        }
        if finishing != nil { close() } else { handler?.streamEnded(self, error: error) }
    }
}

/// What a stream needs only while it writes or finishes, or with a filter.
final class StreamWork {
    var queue: WriteQueue?
    var finishing: Finishing?
    var filtering: Filtering?
}

extension OptionSet where Element == Self {
    fileprivate mutating func set(_ flag: Self, _ isOn: Bool) {
        if isOn { insert(flag) } else { remove(flag) }
    }
}

/// Lends the loop's buffer, once in a turn, and to others as long as there is time. libuv would read up to 32 times
/// from a stream that has much to give, and up to 48 times from as many as there are, and everything else would wait.
/// What wasn't read is told again in the next turn.
private func streamNeedsBuffer(
    _ handle: UnsafeMutablePointer<uv_handle_t>?, _ suggested: Int, _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
    withOwner(handle!.pointee.loop.pointee.data, as: Loop.self) { loop in
        let reader = UnsafeMutableRawPointer(handle!)
        if loop.lastReader == reader || !(loop.takeRead() || isUrgent(handle!)) {
            buffer!.pointee = uv_buf_t(base: nil, len: 0)
        } else {
            loop.lastReader = reader
            let base = loop.readBuffer.assumingMemoryBound(to: CChar.self)
            let isWhole = loop.bytesPerRead >= UVLimits.readBufferBytes || isUrgent(handle!)
            buffer!.pointee = uv_buf_t(base: base, len: isWhole ? UVLimits.readBufferBytes : loop.bytesPerRead)
        }
    }
}

private func isUrgent(_ handle: UnsafeMutablePointer<uv_handle_t>) -> Bool {
    var isUrgent = false
    withOwner(handle.pointee.data, as: Stream.self) { isUrgent = $0.isUrgent }
    return isUrgent
}

private func streamDidRead(
    _ handle: UnsafeMutablePointer<uv_stream_t>?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?
) {
    withOwner(handle!.pointee.data, as: Stream.self) { $0.didRead(count, buffer!.pointee.base) }
}

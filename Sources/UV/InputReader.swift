import CLibUV
import Glibc

/// Reads standard input, or another descriptor, without blocking the loop. The input may be a terminal, a pipe, a
/// socket, a file or a device.
///
/// libuv can't wait for files, so they are read in the thread pool, a piece at a time.
public final class InputReader {
    private enum Source {
        case terminal(HandleMemory<uv_tty_t>)
        case pipe(HandleMemory<uv_pipe_t>)
        case file
    }

    private let loop: Loop
    private let descriptor: Int32
    /// The descriptor's flags as they were before. Other processes may share the descriptor, and the shell uses it
    /// afterwards.
    private let oldFlags: Int32
    private let source: Source
    private var received: ((RawSpan) -> Void)?
    private var ended: ((UVError?) -> Void)?
    private var read: Work?
    private var isPaused = false
    private var hasEnded = false

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - received: gets the bytes as they come, lent for the length of the call.
    ///   - ended: called once, at the end of the input or with the error that ended it. The reader has to be closed all
    ///     the same.
    public init(
        on loop: Loop, descriptor: Int32 = 0, received: @escaping (RawSpan) -> Void,
        ended: @escaping (UVError?) -> Void
    ) {
        self.loop = loop
        self.descriptor = descriptor
        self.received = received
        self.ended = ended
        oldFlags = fcntl(descriptor, F_GETFL)
        source = InputReader.open(descriptor, on: loop)
        switch source {
        case .terminal(let memory): memory.retain(self)
        case .pipe(let memory): memory.retain(self)
        case .file: break
        }
        read(on: true)
    }

    deinit {
        switch source {
        case .terminal(let memory): memory.free()
        case .pipe(let memory): memory.free()
        case .file: break
        }
    }

    private static func open(_ descriptor: Int32, on loop: Loop) -> Source {
        switch uv_guess_handle(descriptor) {
        case UV_TTY:
            let memory = HandleMemory<uv_tty_t>()
            if uv_tty_init(loop.raw, memory.pointer, descriptor, 1) == 0 { return .terminal(memory) }
            memory.free()
        case UV_NAMED_PIPE, UV_TCP:
            // A pipe handle reads any stream socket as well.
            let memory = HandleMemory<uv_pipe_t>()
            must(uv_pipe_init(loop.raw, memory.pointer, 0), "uv_pipe_init")
            if uv_pipe_open(memory.pointer, descriptor) == 0 { return .pipe(memory) }
            uv_close(memory.base) { handle in
                UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_pipe_t.self).deallocate()
            }
        default:
            break
        }
        return .file
    }

    /// Reads no more until `resume()`.
    public func pause() {
        guard received != nil, !isPaused else { return }
        isPaused = true
        read(on: false)
    }

    /// Reads again after `pause()`.
    public func resume() {
        guard received != nil, isPaused else { return }
        isPaused = false
        read(on: true)
    }

    /// Stops reading for good. Nothing is called afterwards. A descriptor above 2 is closed too if it is a pipe or a
    /// socket. Idempotent.
    public func close() {
        guard received != nil else { return }
        received = nil
        ended = nil
        read?.cancel()
        read = nil
        switch source {
        case .terminal(let memory): memory.close()
        case .pipe(let memory):
            // libuv leaves the three standard descriptors open, but has changed their flags.
            if descriptor <= 2, oldFlags >= 0 { _ = fcntl(descriptor, F_SETFL, oldFlags) }
            memory.close()
        case .file: break
        }
    }

    // MARK: Reading

    private func read(on: Bool) {
        guard !hasEnded else { return }
        let stream: UnsafeMutablePointer<uv_stream_t>
        switch source {
        case .terminal(let memory): stream = memory.stream
        case .pipe(let memory): stream = memory.stream
        case .file:
            if on { readFile() }
            return
        }
        if on {
            must(uv_read_start(stream, inputNeedsBuffer, inputDidRead), "uv_read_start")
        } else {
            uv_read_stop(stream)
        }
    }

    private func readFile() {
        guard read == nil, !isPaused, !hasEnded else { return }
        let descriptor = descriptor
        read = Work.run(on: loop) {
            InputReader.readPiece(descriptor)
        } done: { [self] result in
            read = nil
            switch result {
            case .success(let bytes) where bytes.isEmpty: end(nil)
            case .success(let bytes):
                received?(bytes.span.bytes)
                if received != nil { readFile() }
            case .failure(let error): end(error)
            }
        }
    }

    private static func readPiece(_ descriptor: Int32) -> Result<[UInt8], UVError> {
        var failure: UVError?
        let bytes = [UInt8](unsafeUninitializedCapacity: UVLimits.readBufferBytes) { buffer, count in
            var got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            while got < 0 && errno == EINTR { got = Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if got < 0 { failure = UVError(systemError: errno) }
            count = max(0, got)
        }
        return failure.map { .failure($0) } ?? .success(bytes)
    }

    fileprivate func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            received?(UnsafeRawBufferPointer(start: base, count: count).bytes)
        } else if count < 0 {
            // A terminal that has gone answers with EIO. For a reader that is the end of the input.
            read(on: false)
            end(count == Int(UV_EOF.rawValue) || count == Int(UV_EIO.rawValue) ? nil : UVError(code: Int32(count)))
        }
    }

    private func end(_ error: UVError?) {
        guard !hasEnded else { return }
        hasEnded = true
        ended?(error)
    }
}

private func inputNeedsBuffer(
    _ handle: UnsafeMutablePointer<uv_handle_t>?, _ suggested: Int, _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
    withOwner(handle!.pointee.loop.pointee.data, as: Loop.self) { loop in
        let base = loop.readBuffer.assumingMemoryBound(to: CChar.self)
        buffer!.pointee = uv_buf_t(base: base, len: UVLimits.readBufferBytes)
    }
}

private func inputDidRead(
    _ handle: UnsafeMutablePointer<uv_stream_t>?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?
) {
    withOwner(handle!.pointee.data, as: InputReader.self) { $0.didRead(count, buffer!.pointee.base) }
}

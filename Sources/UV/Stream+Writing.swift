import CLibUV

extension Stream {
    /// Bytes that were given to `write` and that the kernel hasn't taken yet.
    public var queuedBytes: Int {
        guard let queue, !isClosed else { return 0 }
        return uv_stream_get_write_queue_size(tcp.stream) + queue.gathered.count
    }

    /// Hands bytes to the kernel without queueing anything.
    ///
    /// - Returns: how many bytes the kernel took; 0 if its buffer is full, or while earlier bytes are queued, or if the
    ///   stream has a filter, which makes bytes that have to be sent. No callback says that the buffer has space again.
    ///   For that, `write` a piece of the rest, and `streamDrained` comes when it has gone.
    /// - Throws: the error if the connection is broken.
    public func tryWrite(_ bytes: RawSpan) throws(UVError) -> Int {
        guard work == nil, !isClosed, bytes.byteCount > 0 else { return 0 }
        let taken = handOver(bytes)
        if taken >= 0 { return Int(taken) }
        if taken == UV_EAGAIN.rawValue { return 0 }
        throw UVError(code: taken)
    }

    public func tryWrite(_ bytes: Span<UInt8>) throws(UVError) -> Int {
        try tryWrite(bytes.bytes)
    }

    /// Sends bytes, in order after all earlier ones. Bytes that the kernel doesn't take at once are copied into the
    /// queue. The owner limits the queue by looking at `queuedBytes`.
    ///
    /// It doesn't fail. If the connection is broken, `streamEnded` tells the handler later. On a stream that is closed,
    /// finishing or broken it does nothing.
    public func write(_ bytes: RawSpan) {
        guard !isClosed, !hasFailed, bytes.byteCount > 0 else { return }
        if let work {
            guard work.finishing == nil else { return }
            if let filtering = work.filtering { return writeFiltered(bytes, filtering) }
        }
        send(bytes)
    }

    /// Sends bytes past the filter.
    func send(_ bytes: RawSpan) {
        guard !isClosed, !hasFailed, bytes.byteCount > 0 else { return }
        if let queue {
            queue.append(bytes)
            return
        }
        // The request meets the error again, and reports it from the loop and not in the middle of the caller's work.
        let taken = max(0, Int(handOver(bytes)))
        if taken == bytes.byteCount { return }
        let queue = WriteQueue()
        self.queue = queue
        queue.append(bytes.extracting(droppingFirst: taken))
        submit(queue)
    }

    /// Sends a header and the bytes behind it, in one system call if the kernel takes them at once; otherwise like
    /// `write`. A filter gets both as one piece.
    public func write(_ header: [UInt8], before bytes: RawSpan) {
        guard !isClosed, !hasFailed, bytes.byteCount > 0 else { return write(header) }
        guard work == nil else {
            var whole = header
            bytes.withUnsafeBytes { whole.append(contentsOf: $0) }
            return write(whole)
        }
        let framed = FramedPieces(header, before: bytes.byteCount)
        let taken = bytes.withUnsafeBytes { piece in
            withBuffers(framed, piece) { max(0, Int(uv_try_write(tcp.stream, $0.baseAddress!, UInt32($0.count)))) }
        }
        loop.bytesWritten += UInt64(taken)
        if taken < header.count { send(header.span.bytes.extracting(taken..<header.count)) }
        let rest = max(0, taken - header.count)
        if rest < bytes.byteCount { send(bytes.extracting(droppingFirst: rest)) }
    }

    public func write(_ bytes: Span<UInt8>) {
        write(bytes.bytes)
    }

    public func write(_ bytes: [UInt8]) {
        write(bytes.span.bytes)
    }

    public func write(_ text: String) {
        write(Array(text.utf8))
    }

    private func handOver(_ bytes: RawSpan) -> Int32 {
        bytes.withUnsafeBytes { source in
            let base = UnsafeMutableRawPointer(mutating: source.baseAddress!).assumingMemoryBound(to: CChar.self)
            // libuv returns an Int32. A greater count could not be told from an error.
            var buffer = uv_buf_t(base: base, len: min(source.count, 1 << 30))
            let taken = uv_try_write(tcp.stream, &buffer, 1)
            if taken > 0 { loop.bytesWritten += UInt64(taken) }
            return taken
        }
    }

    private func submit(_ queue: WriteQueue) {
        var buffer = queue.takeOff()
        loop.bytesWritten += UInt64(buffer.len)
        let status = uv_write(queue.request, tcp.stream, &buffer, 1, streamDidWrite)
        // libuv refuses at once only if reading has noticed a broken connection before. The handler has been told then.
        if status < 0 { self.queue = nil }
    }

    fileprivate func didWrite(_ status: Int32) {
        guard !isClosed, let queue else { return }
        if status < 0 {
            self.queue = nil
            fail(UVError(code: status))
        } else if queue.gathered.count > 0 {
            submit(queue)
        } else {
            // The queue is freed, so that an idle connection holds no buffer.
            self.queue = nil
            if finishing != nil { shutDown() } else { handler?.streamDrained(self) }
        }
    }
}

private func streamDidWrite(_ request: UnsafeMutablePointer<uv_write_t>?, _ status: Int32) {
    withOwner(request!.pointee.handle.pointee.data, as: Stream.self) { $0.didWrite(status) }
}

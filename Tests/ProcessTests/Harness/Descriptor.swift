import Foundation

/// A socket or one end of a pipe. Reads and writes lines with deadlines, by poll(2), and never blocks longer.
///
/// A line ends at LF alone: the program must write no other line end.
final class Descriptor {
    enum Reading {
        case line([UInt8])
        /// The other side has finished. `rest` are the bytes after the last newline; normally there are none.
        case end(rest: [UInt8])
        /// The connection was reset (ECONNRESET). Bytes under way may be lost.
        case reset
        case tooLate
    }

    private(set) var number: Int32
    private var buffer: [UInt8] = []
    private var consumed = 0
    private var searched = 0
    private var hasEnded = false
    private var wasReset = false

    init(_ number: Int32) {
        self.number = number
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    deinit { close() }

    func close() {
        guard number >= 0 else { return }
        _ = Foundation.close(number)
        number = -1
    }

    /// Whether a finished attempt to connect has succeeded.
    var hasConnected: Bool {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0
    }

    // MARK: - Reading

    func readLine(until deadline: Deadline) -> Reading {
        while true {
            if let reading = readAvailableLine() { return reading }
            guard Self.wait(number, for: POLLIN, until: deadline) else { return .tooLate }
        }
    }

    /// The next line if it is there without waiting, else nil.
    func readAvailableLine() -> Reading? {
        while true {
            if let line = bufferedLine() { return .line(line) }
            if wasReset { return .reset }
            if hasEnded {
                let rest = Array(buffer[consumed...])
                consumed = buffer.count
                return .end(rest: rest)
            }
            guard fill() else { return nil }
        }
    }

    /// The next bytes, exactly so many; nil if the other side ends or the time is up before.
    func readBytes(_ count: Int, until deadline: Deadline) -> [UInt8]? {
        while buffer.count - consumed < count {
            if hasEnded || wasReset { return nil }
            if !fill(), !Self.wait(number, for: POLLIN, until: deadline) { return nil }
        }
        let bytes = Array(buffer[consumed..<consumed + count])
        consumed += count
        searched = consumed
        if consumed > 65_536 {
            buffer.removeFirst(consumed)
            (consumed, searched) = (0, 0)
        }
        return bytes
    }

    /// Whatever has come by now, a whole line or not; nil if nothing has. The end shows as no bytes.
    func readAvailableBytes() -> [UInt8]? {
        while !wasReset, !hasEnded, fill() {}
        guard consumed < buffer.count else { return hasEnded || wasReset ? [] : nil }
        defer { (consumed, searched) = (buffer.count, buffer.count) }
        return Array(buffer[consumed...])
    }

    private func bufferedLine() -> [UInt8]? {
        guard let newline = buffer[searched...].firstIndex(of: 0x0A) else {
            searched = buffer.count
            return nil
        }
        let line = Array(buffer[consumed..<newline])
        consumed = newline + 1
        searched = consumed
        if consumed > 65_536 {
            buffer.removeFirst(consumed)
            consumed = 0
            searched = 0
        }
        return line
    }

    /// Reads once. False if there is nothing to read now.
    private func fill() -> Bool {
        guard number >= 0 else {
            hasEnded = true
            return true
        }
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { space in
            let count = read(number, space.baseAddress, space.count)
            if count > 0 { buffer.append(contentsOf: space[..<count]) }
            return count
        }
        if count > 0 { return true }
        if count == 0 {
            hasEnded = true
            return true
        }
        switch errno {
        case EAGAIN: return false
        case EINTR: return true
        default:
            wasReset = true
            return true
        }
    }

    // MARK: - Writing

    enum Writing {
        case done
        /// Nobody reads any more.
        case refused
        case tooLate
    }

    func write(_ bytes: some Collection<UInt8>, until deadline: Deadline) -> Writing {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = writeWhatFits(rest)
            if count < 0 { return .refused }
            rest = rest.dropFirst(count)
            if !rest.isEmpty, count == 0, !Self.wait(number, for: POLLOUT, until: deadline) { return .tooLate }
        }
        return .done
    }

    /// Writes without waiting. Returns how many bytes were written; -1 if nobody reads any more.
    func writeWhatFits(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = bytes.withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : -1
    }

    // MARK: - Waiting

    /// Whether the descriptor became ready in time. An error or a hang-up counts as ready: the next read reports it.
    static func wait(_ number: Int32, for events: Int32, until deadline: Deadline) -> Bool {
        var request = pollfd(fd: number, events: Int16(events), revents: 0)
        while true {
            let count = poll(&request, 1, deadline.pollMilliseconds)
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }
            if deadline.hasPassed { return false }
        }
    }
}

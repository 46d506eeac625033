import Foundation

/// A slow network between two programs: whoever connects here is connected to a port, and so many bytes a second get
/// through each way. It keeps next to nothing in between, so that whoever sends too much is the one who has to wait.
final class SlowLink: Sendable {
    let port: Int
    private let target: Int
    private let bytesPerSecond: Int
    private let listener: Int32

    private static let pieceBytes = 2048
    private static let bufferBytes: Int32 = 8192

    init(to target: Int, bytesPerSecond: Int) throws {
        self.target = target
        self.bytesPerSecond = bytesPerSecond
        port = try Sockets.freePort()
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
        listener = number
        Sockets.setFlag(number, SOL_SOCKET, SO_REUSEADDR)
        Self.shrink(number)
        guard Sockets.withAddress(port: port, { bind(number, $0, $1) }) == 0, listen(number, 16) == 0 else {
            throw Failure("cannot listen: \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { [self] in
            while true {
                // No child can be started while a connection is accepted, so that isn't waited in.
                guard Descriptor.wait(number, for: POLLIN, until: Deadline(within: .seconds(3600))) else { return }
                let near = Spawn.accept(number)
                guard near >= 0 else { return }
                connect(near)
            }
        }
    }

    /// The test is over: nobody gets through any more.
    func close() {
        _ = shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func shrink(_ number: Int32) {
        var bytes = bufferBytes
        for name in [SO_RCVBUF, SO_SNDBUF] {
            _ = setsockopt(number, SOL_SOCKET, name, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    private func connect(_ near: Int32) {
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        Self.shrink(far)
        guard far >= 0, Sockets.withAddress(port: target, { Foundation.connect(far, $0, $1) }) == 0 else {
            _ = Foundation.close(near)
            if far >= 0 { _ = Foundation.close(far) }
            return
        }
        for number in [near, far] { Sockets.setFlag(number, Int32(IPPROTO_TCP), TCP_NODELAY) }
        Thread.detachNewThread { [self] in carry(near, far) }
        Thread.detachNewThread { [self] in carry(far, near) }
    }

    /// The two directions end each other; the descriptors go with the test's process.
    private func carry(_ from: Int32, _ to: Int32) {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        var due = now()
        while true {
            let count = read(from, &piece, piece.count)
            guard count > 0, send(to, piece, count) else { break }
            due = max(due, now() - .milliseconds(20)) + .nanoseconds(count * 1_000_000_000 / bytesPerSecond)
            let pause = (due - now()).milliseconds
            if pause > 0 { usleep(UInt32(pause * 1000)) }
        }
        _ = shutdown(from, Int32(SHUT_RDWR))
        _ = shutdown(to, Int32(SHUT_RDWR))
    }

    private func send(_ to: Int32, _ piece: [UInt8], _ count: Int) -> Bool {
        var sent = 0
        while sent < count {
            let more = piece[sent..<count].withUnsafeBytes {
                Foundation.send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }
}

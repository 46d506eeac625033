import Glibc

@testable import UV

/// Closes a timer after a time.
func closeAfter(_ timer: Timer, _ time: Duration, on loop: Loop) {
    var closer: Timer?
    closer = Timer(on: loop) {
        timer.close()
        closer?.close()
        closer = nil
    }
    closer?.start(after: time)
}

/// Closes a stream so that the other side sees a reset.
func reset(_ stream: UV.Stream) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(stream.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    stream.close()
}

/// Ends the sending half of a connection and continues to receive.
func halfClose(_ stream: UV.Stream) {
    shutdown(stream.descriptor, Int32(SHUT_WR))
}

/// A socket that listens and accepts nothing, with a full queue, so that further connections hang.
final class DeafListener {
    let port: UInt16
    private var sockets: [Int32] = []

    init() {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(server, address, length)
                _ = listen(server, 0)
                _ = getsockname(server, address, &length)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        self.port = port
        sockets = [server]
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, length) }
            }
            sockets.append(client)
        }
    }

    func close() {
        for socket in sockets { Glibc.close(socket) }
        sockets = []
    }
}

import Foundation

/// Everything that passes in some places of a lab, on their wires and on their loopbacks, as tcpdump would see it.
final class Capture: @unchecked Sendable {
    private struct Flow: Hashable {
        let place: Int
        /// Addresses and ports, as in the packet.
        let ends: [UInt8]
    }

    private struct Segment {
        let sequence: UInt32
        let payload: Data
    }

    /// From `linux/if_packet.h` and its neighbours, which Glibc's module doesn't show.
    private enum Packet {
        static let family: Int32 = 17  // AF_PACKET
        static let everyProtocol: UInt16 = 3  // ETH_P_ALL
        static let level: Int32 = 263  // SOL_PACKET
        static let statistics: Int32 = 6  // PACKET_STATISTICS
        static let forcedBuffer: Int32 = 33  // SO_RCVBUFFORCE
    }

    private var sockets: [(place: Int, number: Int32)] = []
    private var frames: [(place: Int, bytes: Data)] = []
    private let lock = NSLock()
    private var isEnded = false
    private let done = DispatchSemaphore(value: 0)

    init(in lab: Lab, places: Range<Int>) throws {
        for place in places {
            let number = try lab.inside(place) {
                socket(
                    Packet.family, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
                    Int32(Packet.everyProtocol.bigEndian))
            }
            guard number >= 0 else { throw Failure("no capture: \(String(cString: strerror(errno)))") }
            var size: Int32 = 64 << 20
            _ = setsockopt(number, SOL_SOCKET, Packet.forcedBuffer, &size, socklen_t(MemoryLayout<Int32>.size))
            sockets.append((place, number))
        }
        Thread.detachNewThread { [self] in
            listen()
            done.signal()
        }
    }

    private func listen() {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var requests = sockets.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
        while true {
            let isLast = lock.withLock { isEnded }
            // What came before the end is still read.
            let count = poll(&requests, nfds_t(requests.count), isLast ? 0 : 50)
            if count <= 0 {
                if isLast { return }
                continue
            }
            for (index, request) in requests.enumerated() where request.revents != 0 {
                let length = recv(request.fd, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if length > 0 { frames.append((sockets[index].place, Data(buffer[..<length]))) }
            }
        }
    }

    /// Ends it.
    ///
    /// - Returns: every frame as it was, and what each end of each connection said as one piece. It throws if the
    ///   kernel had to drop a frame.
    func end() throws -> [Data] {
        lock.withLock { isEnded = true }
        done.wait()
        defer { sockets.forEach { _ = close($0.number) } }
        for (place, number) in sockets {
            var counts: (packets: UInt32, drops: UInt32) = (0, 0)
            var size = socklen_t(MemoryLayout<(UInt32, UInt32)>.size)
            guard getsockopt(number, Packet.level, Packet.statistics, &counts, &size) == 0, counts.drops == 0 else {
                throw Failure("the capture of place \(place) lacks \(counts.drops) frames")
            }
        }
        return frames.map(\.bytes) + streams()
    }

    private func streams() -> [Data] {
        var flows: [Flow: [Segment]] = [:]
        for (place, frame) in frames {
            guard let (ends, segment) = Self.segment(of: frame), !segment.payload.isEmpty else { continue }
            flows[Flow(place: place, ends: ends), default: []].append(segment)
        }
        return flows.values.map(Self.joined)
    }

    /// The TCP segment in an Ethernet frame with an IPv4 packet.
    private static func segment(of frame: Data) -> (ends: [UInt8], Segment)? {
        let bytes = [UInt8](frame)
        func word(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        guard bytes.count >= 54, word(12) == 0x0800, bytes[14 + 9] == 6 else { return nil }
        let tcp = 14 + Int(bytes[14] & 15) * 4
        // A piece that was joined for the way through the kernel may say that it has no length.
        let end = word(16) == 0 ? bytes.count : min(bytes.count, 14 + word(16))
        guard tcp + 20 <= end else { return nil }
        let start = tcp + Int(bytes[tcp + 12] >> 4) * 4
        guard start <= end else { return nil }
        let sequence = UInt32(word(tcp + 4)) << 16 | UInt32(word(tcp + 6))
        let ends = Array(bytes[26..<34] + bytes[tcp..<tcp + 4])
        return (ends, Segment(sequence: sequence, payload: Data(bytes[start..<end])))
    }

    /// In order, with what came twice once.
    private static func joined(_ segments: [Segment]) -> Data {
        let first = segments[0].sequence
        let placed = segments.map { (at: Int(Int32(bitPattern: $0.sequence &- first)), payload: $0.payload) }
            .sorted { ($0.at, -$0.payload.count) < ($1.at, -$1.payload.count) }
        var all = Data()
        var next = placed[0].at
        for (at, payload) in placed where at + payload.count > next {
            all += payload.dropFirst(max(0, next - at))
            next = at + payload.count
        }
        return all
    }
}

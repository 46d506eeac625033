import Glibc
import Synchronization

/// A name server with a zone that a test writes: it answers questions for A and SRV records over UDP, on a thread of
/// its own, until it is closed.
public final class NameServer: Sendable {
    /// What a name leads to.
    public enum Record: Sendable {
        /// An IPv4 address in digits.
        case address(String)
        case service(String, port: UInt16, priority: UInt16 = 0, weight: UInt16 = 0)
    }

    private struct State {
        var zone: [String: [Record]] = [:]
        var asked: [String] = []
        var isSilent = false
    }

    private let state = Mutex(State())
    private let socket: Int32
    public let host: String
    public let port: UInt16

    /// - Parameters:
    ///   - host: an IPv4 address in digits.
    ///   - port: 0 for any free one.
    public init(host: String = "127.0.0.1", port: UInt16 = 0) {
        self.host = host
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = inet_addr(host)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        self.port = withUnsafeMutableBytes(of: &name) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            precondition(bind(socket, pointer, length) == 0, "no port \(port) at \(host)")
            precondition(getsockname(socket, pointer, &length) == 0)
            return UInt16(bigEndian: bytes.load(as: sockaddr_in.self).sin_port)
        }
        self.socket = socket
        let own = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { raw in
                let server = Unmanaged<NameServer>.fromOpaque(raw!).takeRetainedValue()
                server.serve()
                return nil
            }, own.toOpaque())
        pthread_detach(thread)
    }

    /// The server as programs name it: `ADDRESS:PORT`.
    public var address: String { "\(host):\(port)" }

    /// What the name leads to from now on; nothing if the list is empty, and nil for a name that nobody knows.
    public func set(_ name: String, to records: [Record]?) {
        state.withLock { $0.zone[name.lowercased()] = records }
    }

    /// Whether questions are left without an answer.
    public func setSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    /// The names that were asked for so far, each as often as it was asked for.
    public var asked: [String] { state.withLock { $0.asked } }

    public func close() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    // MARK: Answering

    private func serve() {
        var question = [UInt8](repeating: 0, count: 1500)
        while true {
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutableBytes(of: &peer) { bytes in
                recvfrom(
                    socket, &question, question.count, 0, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                    &length)
            }
            // A socket that was shut down reads as an empty packet.
            guard count > 0 else { break }
            guard let answer = answer(Array(question.prefix(count))) else { continue }
            withUnsafeBytes(of: &peer) { bytes in
                _ = sendto(
                    socket, answer, answer.count, 0, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
            }
        }
        _ = Glibc.close(socket)
    }

    /// Nil for no answer.
    private func answer(_ question: [UInt8]) -> [UInt8]? {
        guard question.count > 12 else { return nil }
        var name: [String] = []
        var position = 12
        while position < question.count, question[position] > 0 {
            let end = position + 1 + Int(question[position])
            guard end < question.count else { return nil }
            name.append(String(decoding: question[position + 1..<end], as: UTF8.self).lowercased())
            position = end
        }
        guard position + 5 <= question.count else { return nil }
        let type = Int(question[position + 1]) << 8 | Int(question[position + 2])
        let asked = name.joined(separator: ".")
        let (records, isSilent) = state.withLock { state in
            state.asked.append(asked)
            return (state.zone[asked], state.isSilent)
        }
        if isSilent { return nil }
        let answers = (records ?? []).compactMap { Self.data(of: $0, type: type) }
        // Recursion is available, and no such name if there is none.
        var packet = Array(question[0..<2]) + [0x85, records == nil ? 0x83 : 0x80, 0, 1, 0, UInt8(answers.count)]
        packet += [0, 0, 0, 0] + question[12..<position + 5]
        for data in answers {
            packet +=
                [0xC0, 12] + Self.bytes(UInt16(type)) + [0, 1, 0, 0, 0, 1] + Self.bytes(UInt16(data.count)) + data
        }
        return packet
    }

    private static func data(of record: Record, type: Int) -> [UInt8]? {
        switch (record, type) {
        case (.address(let text), 1): text.split(separator: ".").compactMap { UInt8($0) }
        case (.service(let target, let port, let priority, let weight), 33):
            bytes(priority) + bytes(weight) + bytes(port)
                + target.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
        default: nil
        }
    }

    private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
}

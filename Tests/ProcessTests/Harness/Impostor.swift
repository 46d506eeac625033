import Foundation

/// Somebody who has bound the address of a server that is gone. It answers whatever is said, and remembers it.
final class Impostor: @unchecked Sendable {
    private let listener: StandInListener
    private let answer: [UInt8]
    private let lock = NSLock()
    private var connections: [[UInt8]] = []
    private var isOver = false
    private let ended = DispatchSemaphore(value: 0)

    init(port: Int, answer: String) throws {
        listener = try StandInListener(port: port)
        self.answer = Array(answer.utf8)
        Thread.detachNewThread { [self] in
            run()
            ended.signal()
        }
    }

    /// What was said on each connection.
    var heard: [[UInt8]] { lock.withLock { connections } }

    func close() {
        lock.withLock { isOver = true }
        ended.wait()
    }

    private func run() {
        var open: [(client: BaseClient, number: Int)] = []
        while !lock.withLock({ isOver }) {
            if let client = try? listener.accept(within: .milliseconds(20)) {
                let number = lock.withLock {
                    connections.append([])
                    return connections.count - 1
                }
                open.append((client, number))
            }
            for (client, number) in open {
                guard let bytes = client.descriptor.readAvailableBytes(), !bytes.isEmpty else { continue }
                lock.withLock { connections[number] += bytes }
                client.sendAnyway(bytes: answer)
            }
        }
        for (client, _) in open { client.close() }
        listener.close()
    }
}

import Foundation

/// A server that is no node, on a port of its own. It counts connections, and treats all of them alike.
final class OtherServer: @unchecked Sendable {
    enum Manner: Sendable {
        /// Answers the first bytes that come, and closes.
        case answers(String)
        /// As `answers`, with bytes that are no text.
        case answersBytes([UInt8])
        /// Sends first, and waits.
        case greets(String)
        /// Sends this at this interval after a client has connected, and answers nothing.
        case announces(String, every: Duration)
        case closes
        case silent
    }

    let port: Int
    private let listener: StandInListener
    private let manner: Manner
    private let lock = NSLock()
    private var comings: [Instant] = []
    private var said: [[UInt8]] = []
    private var isOver = false
    private let ended = DispatchSemaphore(value: 0)

    init(_ manner: Manner) throws {
        self.manner = manner
        listener = try StandInListener()
        port = listener.port
        Thread.detachNewThread { [self] in
            run()
            ended.signal()
        }
    }

    /// When each client connected.
    var arrivals: [Instant] { lock.withLock { comings } }

    /// What was said first on each connection.
    var heard: [[UInt8]] { lock.withLock { said } }

    /// Closes everything, so that the port is free.
    func close() {
        lock.withLock { isOver = true }
        ended.wait()
    }

    private func run() {
        var open: [(client: BaseClient, since: Instant)] = []
        while !lock.withLock({ isOver }) {
            if let client = try? listener.accept(within: .milliseconds(20)) {
                lock.withLock { comings.append(now()) }
                switch manner {
                case .closes: client.close()
                case .greets(let words):
                    client.sendAnyway(bytes: Array(words.utf8))
                    open.append((client, now()))
                default: open.append((client, now()))
                }
            }
            open.removeAll { serve($0.client, since: $0.since) }
            if case .announces(let line, let pause) = manner {
                for index in open.indices where now() - open[index].since >= pause {
                    open[index].client.sendAnyway(bytes: Array((line + "\n").utf8))
                    open[index].since = now()
                }
            }
        }
        for (client, _) in open { client.close() }
        listener.close()
    }

    /// Serves one client. True when its connection is finished.
    private func serve(_ client: BaseClient, since: Instant) -> Bool {
        guard let first = client.descriptor.readAvailableBytes() else { return false }
        guard !first.isEmpty else {
            client.close()
            return true
        }
        lock.withLock { said.append(first) }
        switch manner {
        case .answers(let text): client.sendAnyway(bytes: Array(text.utf8))
        case .answersBytes(let bytes): client.sendAnyway(bytes: bytes)
        default: return false
        }
        client.finishSending()
        client.close()
        return true
    }
}

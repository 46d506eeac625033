import Foundation

/// A server that speaks just enough for `coppice flood`, and does one thing wrong: each kind of fault has to be found.
final class FaultyServer {
    enum Fault: String, CaseIterable {
        case none
        /// One message never reaches one client.
        case loses
        /// One message never reaches anybody.
        case losesForAll
        case doubles
        /// Two messages of one sender change places for one client.
        case reorders
        /// One byte of one message is another one for one client.
        case corrupts
        /// One client's connection is closed in the middle.
        case closes
    }

    let port: Int
    private let fault: Fault
    private let listener: StandInListener
    private var clients: [BaseClient?] = []
    private var broadcasts = 0
    /// For whom a message was kept back, to be sent after the next one.
    private var keptBack: [UInt8]?
    /// By the time that this many messages were said, everything is at its full pace.
    private let faultyMessage = 20

    init(_ fault: Fault) throws {
        self.fault = fault
        listener = try StandInListener()
        port = listener.port
    }

    /// Serves so many clients for as long as a program runs.
    func serve(clients count: Int, while program: Program) throws {
        for _ in 0..<count { clients.append(try listener.accept()) }
        let deadline = Deadline(within: .seconds(30))
        while program.isRunning {
            guard !deadline.hasPassed else { throw Failure("\(program.name) doesn't end") }
            var wasIdle = true
            for index in clients.indices {
                while let client = clients[index], let reading = client.descriptor.readAvailableLine() {
                    guard case .line(let line) = reading else {
                        client.close()
                        clients[index] = nil
                        break
                    }
                    wasIdle = false
                    try answer(line, of: client)
                }
            }
            if wasIdle { usleep(500) }
        }
        clients.forEach { $0?.close() }
    }

    private func answer(_ line: [UInt8], of client: BaseClient) throws {
        let message = try JSONParser.parse(line)
        switch message["command"]?.text {
        case "LOGIN": try client.send(["command": "LOGIN_SUCCESS", "info": "welcome"])
        case "ACTIVITY_MESSAGE":
            let activity = message["activity"] ?? [:]
            broadcasts += 1
            let line = JSONValue.object(["command": "ACTIVITY_BROADCAST", "activity": activity]).line
            try broadcast(Array(line.utf8) + [0x0A])
        default: throw Failure("coppice flood said \(message.line)")
        }
    }

    private func broadcast(_ line: [UInt8]) throws {
        let isFaulty = broadcasts == faultyMessage
        if isFaulty, fault == .losesForAll { return }
        for index in clients.indices {
            guard let client = clients[index] else { continue }
            let isVictim = index == clients.count - 1
            var bytes = line
            if isVictim, let kept = keptBack {
                bytes += kept
                keptBack = nil
            }
            if isFaulty, isVictim {
                switch fault {
                case .none, .losesForAll: break
                case .loses: continue
                case .doubles: bytes += line
                case .reorders:
                    keptBack = line
                    continue
                // A letter of the text behind the last mark of the payload.
                case .corrupts: bytes[bytes.lastIndex(of: UInt8(ascii: "~"))! + 10] ^= 1
                case .closes:
                    client.close()
                    clients[index] = nil
                    continue
                }
            }
            // Who has seen enough closes first.
            client.sendAnyway(bytes: bytes)
        }
    }
}

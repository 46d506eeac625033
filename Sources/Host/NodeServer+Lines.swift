import Tree
import Wire

// Writes entries of the log as the lines that links and clients read.

extension NodeServer {
    var clientLines: LineLimit { settings.clientLines(knowing: node.originCount) }

    func forward(_ content: Log.Content, _ hop: UInt8, to bytes: inout [UInt8]) {
        switch content {
        case .line(let offset, let length):
            node.log.withLines(from: offset, upTo: offset + UInt64(length)) {
                EntryLines.appendLink($0, hop: hop, to: &bytes)
            }
        case .entry(let entry):
            EntryLines().appendLink(entry, hop: hop, to: &bytes)
        }
    }

    /// What an operator is told of a connection; nil if it is gone.
    func describe(_ id: ConnectionID) -> ConnectionTraits? {
        guard let connection = connections[id] else { return nil }
        let isEncrypted = connection.stream.isFiltered
        let transport =
            switch connection.form {
            case .lines: isEncrypted ? "tls" : "tcp"
            case .webSocket: isEncrypted ? "websocket+tls" : "websocket"
            case .http, .call: isEncrypted ? "https" : "http"
            }
        let lag = followers.lag(of: connection, behind: node.readableEnd) ?? 0
        return ConnectionTraits(
            transport: transport, host: peer(of: id)?.host ?? "",
            lagBytes: lag + UInt64(connection.stream.queuedBytes))
    }

    func show(_ line: ReadableLine, to bytes: inout [UInt8]) {
        node.withReadable(from: line.offset, upTo: line.offset + UInt64(line.length)) {
            EntryLines().append($0, isLate: line.isLate, to: &bytes)
        }
    }
}

import UV

@testable import TLS

/// One side of a connection without a socket: a filter, and what it has given so far.
final class Side {
    let filter: TLSFilter
    private var output: [UInt8] = []
    private var text: [UInt8] = []

    init(_ context: TLSContext, host: String? = nil) throws {
        filter = try TLSFilter(context, host: host)
        filter.begin { output.append(contentsOf: $0.withUnsafeBytes { Array($0) }) }
    }

    var state: StreamFilterState { filter.state }

    func receive(_ bytes: [UInt8]) {
        filter.receive(bytes.span.bytes) {
            output.append(contentsOf: $0.withUnsafeBytes { Array($0) })
        } text: {
            text.append(contentsOf: $0.withUnsafeBytes { Array($0) })
        }
    }

    func write(_ bytes: [UInt8]) {
        filter.write(bytes.span.bytes) { output.append(contentsOf: $0.withUnsafeBytes { Array($0) }) }
    }

    func finish() {
        filter.finish { output.append(contentsOf: $0.withUnsafeBytes { Array($0) }) }
    }

    /// What is to be sent to the other side since the last call.
    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// The text that has come since the last call.
    func takeText() -> [UInt8] {
        defer { text = [] }
        return text
    }
}

/// Two sides of a connection without a socket between them.
struct Pair {
    let client: Side
    let server: Side

    init(server: TLSContext, client: TLSContext, host: String? = nil) throws {
        self.server = try Side(server)
        self.client = try Side(client, host: host)
    }

    /// Carries bytes to and fro until nobody has any. `size` is how many are delivered at once.
    func carry(piecesOf size: Int = .max) {
        while true {
            let there = client.takeOutput()
            deliver(there, to: server, size)
            let back = server.takeOutput()
            deliver(back, to: client, size)
            if there.isEmpty && back.isEmpty { return }
        }
    }
}

func deliver(_ bytes: [UInt8], to side: Side, _ size: Int = .max) {
    var start = 0
    while start < bytes.count {
        let end = start + min(size, bytes.count - start)
        side.receive(Array(bytes[start..<end]))
        start = end
    }
}

func say(_ text: String, _ side: Side) {
    side.write(Array(text.utf8))
}

func heard(_ side: Side) -> String { String(decoding: side.takeText(), as: UTF8.self) }

/// Why a side has failed.
func reason(_ side: Side) -> String? {
    if case .failed(let reason) = side.state { reason } else { nil }
}

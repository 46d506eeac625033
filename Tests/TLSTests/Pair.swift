@testable import TLS

/// Two sides of a connection without a socket between them.
struct Pair {
    let client: TLSFilter
    let server: TLSFilter

    init(
        server: TLSContext, client: TLSContext, host: String? = nil
    ) throws {
        self.server = try TLSFilter(server)
        self.client = try TLSFilter(client, host: host)
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

func deliver(_ bytes: [UInt8], to filter: TLSFilter, _ size: Int = .max) {
    var start = 0
    while start < bytes.count {
        let end = start + min(size, bytes.count - start)
        filter.receive(Array(bytes[start..<end]).span.bytes)
        start = end
    }
}

func say(_ text: String, _ filter: TLSFilter) {
    filter.write(Array(text.utf8).span.bytes)
}

func heard(_ filter: TLSFilter) -> String { String(decoding: filter.takeText(), as: UTF8.self) }

/// Why a side has failed.
func reason(_ filter: TLSFilter) -> String? {
    if case .failed(let reason) = filter.state { reason } else { nil }
}

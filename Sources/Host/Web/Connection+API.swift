import HTTPCodec
import Tree
import UV

// A program that asks over HTTP (docs/protocol.md#api): to the node it is a client with lines.

extension Connection {
    /// From now on the connection is one call, which is answered once.
    func begin(_ call: APICall) {
        form = .call
        let traffic = ensureTraffic()
        traffic.request = nil
        traffic.call = call
        server.unfinished?.forget(id)
        if call.purpose != .listen {
            let timer = server.makeTimer { [unowned self] in perform(call.timedOut()) }
            timer.start(after: Settings.callPatience)
            call.patience = { timer.close() }
        }
        tell(call.login)
    }

    private func tell(_ line: [UInt8]) {
        _ = take(line.span.bytes, hasLength: false)
    }

    /// Takes the lines of this turn.
    func answerCall(_ traffic: Traffic) {
        guard let call = traffic.call else { return }
        let lines = traffic.output
        traffic.output = []
        for line in lines.split(separator: 10) { perform(call.take(Array(line))) }
    }

    /// Takes whole lines of the log.
    func hear(_ lines: Span<UInt8>) {
        guard let call = traffic?.call else { return }
        var all: [UInt8] = []
        lines.withUnsafeBytes { all.append(contentsOf: $0) }
        var bytes: [UInt8] = []
        for line in all.split(separator: 10) {
            for step in call.take(Array(line)) {
                if case .write(let piece) = step, call.purpose == .listen { bytes += piece } else { perform([step]) }
            }
        }
        if !bytes.isEmpty { stream.write(bytes) }
    }

    private func perform(_ steps: [APICall.Step]) {
        for step in steps {
            switch step {
            case .tell(let line): tell(line)
            case .answer(let status, let bytes):
                server.webCounts.answered(status)
                stream.write(bytes)
            case .write(let bytes): stream.write(bytes)
            case .end: server.endSoon(self)
            }
        }
    }
}

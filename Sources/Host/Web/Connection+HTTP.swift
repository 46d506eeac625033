import HTTPCodec
import Tree
import UV

// Requests of HTTP/1.1 at the clients' port (docs/protocol.md#http): one for each connection.

extension Connection {
    func readRequest(_ bytes: RawSpan) {
        let traffic = ensureTraffic()
        let reader = traffic.request ?? HTTPRequestReader(limits: Settings.httpLimits)
        traffic.request = reader
        reader.receive(bytes)
        traffic.requestBytes += bytes.byteCount
        server.unfinished?.note(traffic.requestBytes, of: id, isAnother: false, at: Loop.monotonicNanoseconds)
        guard !isGone else { return }
        while let input = reader.next() {
            switch input {
            case .waiting: stream.write(HTTPResponse.interim)
            case .fault(let fault): return answer(fault.response, to: nil)
            case .request(let request): return answer(request, reader)
            }
        }
    }

    private func answer(_ request: HTTPRequest, _ reader: HTTPRequestReader) {
        let outcome = server.web.outcome(
            of: request, isEncrypted: stream.isFiltered, isServing: server.isServing, isNode: server.isNode(at:))
        switch outcome {
        case .answer(let response): answer(response, to: request)
        case .call(let call): begin(call)
        case .webSocket(let answer, let compresses):
            server.webCounts.answered(101)
            let rest = reader.giveUp()
            stream.write(answer)
            server.unfinished?.forget(id)
            becomeWebSocket(compresses: compresses, rest: rest.span.bytes)
        }
    }

    private func answer(_ response: HTTPResponse, to request: HTTPRequest?) {
        server.webCounts.answered(response.status)
        stream.write(response.bytes(answering: request, isLast: true))
        traffic?.request = nil
        traffic?.output = []
        end()
    }

    /// The node ends a connection whose request it hasn't answered: it has waited for too long, or there is no room.
    func answerUnasked(_ traffic: Traffic) {
        guard !traffic.output.isEmpty else { return }
        let response = HTTPResponse(
            status: 503, fields: ["Content-Type": "application/json"], body: traffic.output)
        server.webCounts.answered(response.status)
        stream.write(response.bytes(answering: nil, isLast: true))
    }
}

import JSON

/// Coppice's own lines of JSON (docs/protocol.md#clients), which the bound programs under `bench/` speak too.
struct CoppiceDialect: Dialect {
    private static let broadcast = Array(#"{"command":"ACTIVITY_BROADCAST""#.utf8)

    func opening(of who: Member) -> [UInt8] {
        line(who.name == nil ? "LOGIN" : "REGISTER", of: who)
    }

    func frame(_ bytes: RawSpan, of who: Member) -> Frame {
        guard let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes) else { return .incomplete }
        if Bytes.starts(bytes, with: Self.broadcast) { return .message(byteCount: end + 1) }
        let text = bytes.extracting(first: end)
        guard let message = try? JSONObject(parsing: text, bigNumbers: .allowedIn(["activity"])) else {
            return .nonsense("no line of JSON: \(Bytes.text(text.extracting(first: min(end, 80))))")
        }
        switch message.string("command") {
        case "ACTIVITY_BROADCAST": return .message(byteCount: end + 1)
        case let command: return .word(byteCount: end + 1, word(command ?? "", message, of: who))
        }
    }

    private func word(_ command: String, _ message: borrowing JSONObject, of who: Member) -> Word {
        switch command {
        case "LOGIN_SUCCESS": return .loggedIn
        case "REGISTER_SUCCESS": return .answer(line("LOGIN", of: who))
        case "REDIRECT":
            guard let host = message.string("hostname"), let port = message.int("port").flatMap(UInt16.init(exactly:))
            else { return .refused("a REDIRECT without an address") }
            return .redirected(host: host, port: port)
        case "LOGIN_FAILED", "REGISTER_FAILED", "AUTHENTICATION_FAIL", "INVALID_MESSAGE":
            return .refused("\(command): \(message.string("info") ?? "")")
        default: return .noted
        }
    }

    func envelope(of who: Member) -> (before: [UInt8], after: [UInt8]) {
        let start = #"{"command":"ACTIVITY_MESSAGE",\#(credentials(of: who)),"activity":{"flood":""#
        return (Array(start.utf8), Array("\"}}\n".utf8))
    }

    private func line(_ command: String, of who: Member) -> [UInt8] {
        Array("{\"command\":\"\(command)\",\(credentials(of: who))}\n".utf8)
    }

    private func credentials(of who: Member) -> String {
        guard let name = who.name, let secret = who.secret else { return #""username":"anonymous""# }
        return #""username":"\#(name)","secret":"\#(secret)""#
    }
}

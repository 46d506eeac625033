/// Somebody who knows the network's secret, becomes a node's child, and then says what can't be true.
final class LyingNode {
    /// Made up, in the form that ids have.
    static let id = "liarliarliarl"
    let link: BaseClient

    /// Asks to be a child.
    init(_ link: BaseClient, secret: String, incarnation: Int = 1) throws {
        self.link = link
        try link.send([
            "command": "AUTHENTICATE", "secret": .string(secret), "mysecret": "s", "hostname": "localhost", "port": 1,
            "id": .string(Self.id), "incarnation": .string(String(incarnation)), "attempt": 1, "leaf": true, "size": 1,
            "label": ["term": 0, "root": .string(Self.id), "depth": 0], "stored": [:], "safe": [:],
            "order": "causal", "stamp": "0",
        ])
    }

    /// What every neighbour is told, at any time.
    private static let background: Set = [
        "SERVER_ANNOUNCE", "HEARTBEAT", "STABLE", "TREE", "SYNCHRONISED", "VECTORS", "ACTIVITY_BROADCAST",
        "ACKNOWLEDGE",
    ]

    /// The next message that isn't told to every neighbour.
    func read(file: StaticString = #fileID, line: UInt = #line) throws -> JSONValue {
        while true {
            let message = try link.read(file: file, line: line)
            if !Self.background.contains(message["command"]?.text ?? "") { return message }
        }
    }

    func expectEnd(file: StaticString = #fileID, line: UInt = #line) throws {
        try link.expectEnd(skipping: Self.background, file: file, line: line)
    }

    /// A sign of life, if the link still stands.
    func live() {
        let line = #"{"command":"HEARTBEAT","label":{"term":0,"root":"\#(Self.id)","depth":0},"size":1}"#
        link.sendAnyway(bytes: Array(line.utf8) + [0x0A])
    }

    /// An origin that was made up, in the form that origins have.
    static func origin(_ number: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let digits = (0..<13).reversed().map { $0 < 12 ? alphabet[(number >> ($0 * 5)) & 31] : "c" }
        return "\(String(digits)).7"
    }

    func tellGap(of origin: String, through: Int) throws {
        try link.send(["command": "GAP", "origin": .string(origin), "from": 1, "through": .integer(through)])
    }
}

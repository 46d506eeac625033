import Testing

extension RealProcesses.FramingTests {
    /// Messages as Java's `writeUTF` sends them: two big-endian length bytes before each, newline included.
    ///
    /// The lengths are those whose bytes look like something else: 10 is LF, 13 is CR, 34 a quote, 123 an opening
    /// brace.
    @Test(arguments: [44, 123, 266, 269, 290, 512, 2_560 + 43, 3_328 + 65])
    func `Two length bytes before each message are dropped, whatever they look like`(length: Int) throws {
        try onBench { bench in
            let client = try bench.connect(to: try bench.node())
            let first = prefixed(#"{"command":"LOGIN","username":"anonymous""#, length: length)
            let second = prefixed(
                #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"n":1}"#, length: max(length, 80))
            try client.send(bytes: first)
            try client.expect("LOGIN_SUCCESS")
            try client.send(bytes: second + second)
            try client.hear(["n": 1])
            try client.hear(["n": 1])
        }
    }

    @Test func `A length byte that is LF may arrive apart from what follows it`() throws {
        // Seen alone, the first byte is a blank line; what follows tells.
        try onBench { bench in
            let node = try bench.node()
            for length in [266, 2_560 + 43] {
                let bytes = prefixed(#"{"command":"LOGIN","username":"anonymous""#, length: length)
                for cut in 1...3 {
                    let client = try bench.connect(to: node, "length \(length), cut after \(cut)")
                    try client.send(bytes: Array(bytes[..<cut]))
                    try client.send(bytes: Array(bytes[cut...]))
                    try client.expect("LOGIN_SUCCESS")
                }
            }
        }
    }

    /// An object of which only the closing brace is missing, made `length` bytes long with the newline.
    private func prefixed(_ open: String, length: Int) -> [UInt8] {
        let missing = length - open.utf8.count - 2
        let padding = missing >= 7 ? ",\"x\":\"" + String(repeating: "x", count: missing - 7) + "\"" : ""
        let line = open + padding + "}" + String(repeating: " ", count: missing - padding.utf8.count) + "\n"
        precondition(line.utf8.count == length)
        return [UInt8(length >> 8), UInt8(length & 0xFF)] + Array(line.utf8)
    }
}

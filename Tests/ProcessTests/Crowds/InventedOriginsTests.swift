import Testing

extension RealProcesses {
    /// What a node does for clients that say they have seen what nobody ever said.
    @Suite struct InventedOriginsTests {}
}

extension RealProcesses.InventedOriginsTests {
    /// A login that names as many origins as there may be, none of which exists.
    private static func login(_ number: Int) -> [UInt8] {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let invented = (0..<4096).map { index in
            let value = number << 12 | index
            let digits = (0..<13).reversed().map { $0 < 12 ? alphabet[(value >> ($0 * 5)) & 31] : "c" }
            return "\"\(String(digits)).7\":1"
        }
        let since = invented.joined(separator: ",")
        return Array(#"{"command":"LOGIN","username":"anonymous","since":{\#(since)}}"#.utf8) + [0x0A]
    }

    @Test func `Clients that resume from thousands of invented origins are served, and others talk beside them`()
        throws
    {
        try onBench { bench in
            let node = try bench.node("node", ["--max-line-bytes", "200000"])
            let talker = try bench.client(at: node, "talker")
            let inventors = try (0..<40).map { number in
                let inventor = try bench.connect(to: node, "inventor \(number)")
                try inventor.send(bytes: Self.login(number))
                return inventor
            }
            for inventor in inventors { try inventor.expect("LOGIN_SUCCESS") }
            for number in 0..<200 {
                try talker.say(["n": .integer(number)])
                try talker.hear(["n": .integer(number)])
            }
            for inventor in inventors {
                for number in 0..<200 { try inventor.hear(["n": .integer(number)]) }
                inventor.close()
            }
            try talker.say(["n": "last"])
            try talker.hear(["n": "last"])
        }
    }
}

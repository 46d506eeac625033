import Tree

// The addresses that a node is given. Each error names the flag.

extension NodeCommand {
    var ownHost: String {
        get throws { try HostAndPort.host(hostname, flag: "-lh/--hostname", portFlag: "-lp/--listen-port") }
    }

    var numericBind: String? {
        get throws { try bind.map { try HostAndPort.host($0, flag: "--bind", portFlag: "-lp/--listen-port") } }
    }

    /// Nil for a root.
    var parent: Address? {
        get throws {
            guard let parentHost else { return nil }
            let parsed = try HostAndPort(
                parentHost, flag: "-rh/--parent-host", port: parentPort, portFlag: "-rp/--parent-port")
            return Address(host: parsed.host, port: parsed.port ?? parentPort ?? 3780)
        }
    }

    /// Nil if they make no sense.
    var clocks: [Address]? {
        if clock == "none" { return [] }
        let list = AddressList(argument: clock)?.addresses ?? []
        return list.isEmpty ? nil : list
    }
}

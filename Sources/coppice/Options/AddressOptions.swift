import ArgumentParser
import Tree

extension Address: ExpressibleByArgument {
    /// `HOST:PORT`; a numeric IPv6 host stands in brackets.
    public init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...]),
            port > 0
        else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }
}

/// `HOST:PORT,HOST:PORT,…`
struct AddressList: ExpressibleByArgument {
    let addresses: [Address]

    init(addresses: [Address]) {
        self.addresses = addresses
    }

    init?(argument: String) {
        let addresses = argument.split(separator: ",").map { Address(argument: String($0)) }
        guard !addresses.contains(nil) else { return nil }
        self.addresses = addresses.compactMap { $0 }
    }

    var defaultValueDescription: String { "none" }
}

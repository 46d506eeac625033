import ArgumentParser
import Tree

extension Address: ExpressibleByArgument {
    /// `HOST:PORT`; a numeric IPv6 host stands in brackets.
    public init?(argument: String) {
        guard let parsed = try? HostAndPort(argument), let port = parsed.port else { return nil }
        self.init(host: parsed.host, port: port)
    }
}

/// `HOST:PORT,HOST:PORT,…`, or `none`
struct AddressList: ExpressibleByArgument {
    let addresses: [Address]

    init(addresses: [Address]) {
        self.addresses = addresses
    }

    init?(argument: String) {
        if argument == "none" {
            addresses = []
            return
        }
        let addresses = argument.split(separator: ",").map { Address(argument: String($0)) }
        guard !addresses.contains(nil) else { return nil }
        self.addresses = addresses.compactMap { $0 }
    }

    var defaultValueDescription: String { "none" }
}

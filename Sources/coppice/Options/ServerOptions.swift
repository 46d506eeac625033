import ArgumentParser
import Tree

/// The server that a program talks to.
struct ServerOptions: ParsableArguments {
    @Option(
        name: [.customLong("rh", withSingleDash: true), .customLong("host")],
        help: ArgumentHelp("Host of the server to connect to.", valueName: "host"))
    var host = "localhost"

    @Option(
        name: [.customLong("rp", withSingleDash: true), .customLong("port")],
        help: ArgumentHelp("Port of the server to connect to, 1 to 65535.", valueName: "port"))
    var port: UInt16 = 3780

    var address: Address { Address(host: host, port: port) }

    func validate() throws {
        if host.isEmpty { throw ValidationError("-rh/--host must not be empty") }
        if port == 0 { throw ValidationError("-rp/--port has to be 1 to 65535") }
    }
}

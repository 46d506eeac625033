import ArgumentParser
import Tree

/// The server that a program talks to.
struct ServerOptions: ParsableArguments {
    @Option(
        name: [.customLong("rh", withSingleDash: true), .customLong("host")],
        help: ArgumentHelp(
            "Host of the server to connect to, or HOST:PORT; a numeric IPv6 host also as [::1].", valueName: "host"))
    var host = "localhost"

    @Option(
        name: [.customLong("rp", withSingleDash: true), .customLong("port")],
        help: ArgumentHelp("Port of the server to connect to, 1 to 65535. (default: 3780)", valueName: "port"))
    var port: UInt16?

    /// Only after `validate`.
    var address: Address {
        let parsed = try? HostAndPort(host)
        return Address(host: parsed?.host ?? host, port: parsed?.port ?? port ?? 3780)
    }

    /// To be called by the command's own `validate`. An error from a group's own `validate` would be taken for a
    /// request for help where `-rh` or `-lh` was given, since these end with the letter of `-h`.
    func check() throws {
        if port == 0 { throw ValidationError("-rp/--port has to be 1 to 65535") }
        _ = try HostAndPort(host, flag: "-rh/--host", port: port, portFlag: "-rp/--port")
    }
}

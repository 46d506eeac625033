import ArgumentParser
import Host

/// The port at which a node tells how it is.
struct MonitoringOptions: ParsableArguments {
    @Option(
        name: .customLong("admin"),
        help: ArgumentHelp(
            "Numeric address and port for monitoring by HTTP: /metrics, /health, /ready, /tree, and at / a page that "
                + "draws the tree. The host is this machine if it is left out. (default: none)", valueName: "host:port")
    )
    var address: String?

    @Option(
        help: ArgumentHelp(
            "File whose first line is the token that /metrics and /tree want (Authorization: Bearer TOKEN); needed if "
                + "--admin is reached from other machines.", valueName: "file"))
    var adminTokenFile: String?

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        if adminTokenFile != nil, address == nil { throw ValidationError("--admin-token-file needs --admin") }
        guard let place = try place else { return }
        if !place.isListenable {
            throw ValidationError(
                "--admin takes a numeric address of this machine, or localhost, and a port, as in 127.0.0.1:9780")
        }
        if place.isForOthers, adminTokenFile == nil {
            throw ValidationError(
                "--admin at \(place.host) is reached from other machines: it needs --admin-token-file")
        }
    }

    private var place: Monitoring.Admin? {
        get throws {
            guard let address else { return nil }
            let digits = Substring(address).allSatisfy { $0.isASCII && $0.isNumber }
            let parsed = try digits ? nil : HostAndPort(address, flag: "--admin", port: nil, portFlag: "--admin")
            guard let port = digits ? UInt16(address) : parsed?.port else {
                throw ValidationError("--admin needs a port, as in 127.0.0.1:9780")
            }
            return Monitoring.Admin(host: parsed?.host ?? "localhost", port: port, token: nil)
        }
    }

    /// Nil without an admin port.
    var admin: Monitoring.Admin? {
        get throws {
            var admin = try place
            admin?.token = try SecretFile(adminTokenFile, option: "--admin-token-file")?.text
            return admin
        }
    }
}

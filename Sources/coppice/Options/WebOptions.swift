import ArgumentParser
import Host

/// What a node offers to browsers besides the WebSocket at `/ws`.
struct WebOptions: ParsableArguments {
    @Flag(help: "Serve a page to chat with at / of the clients' port.")
    var web = false

    @Option(
        help: ArgumentHelp(
            "Origins whose pages may connect, comma separated: https://chat.example,… or * for all. (default: this "
                + "node's own page, at its host name, at localhost or at a numeric address)", valueName: "origins"))
    var webOrigins: String?

    @Flag(
        help: ArgumentHelp(
            "Compress messages of WebSockets for clients that ask for it (permessage-deflate), once for all who get "
                + "the same."))
    var webCompression = false

    var origins: [String] {
        webOrigins?.split(separator: ",").map { $0.filter { $0 != " " } } ?? []
    }

    /// Why it is no `validate`: see `ServerOptions.check`.
    func check() throws {
        for origin in origins where !WebOrigins.isOrigin(origin) {
            throw ValidationError(
                "--web-origins takes origins as https://HOST or https://HOST:PORT, without a path, not \(origin)")
        }
    }
}

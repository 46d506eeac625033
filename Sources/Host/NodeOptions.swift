import Logging
import Tree
import UV

/// The options of a node from the command line.
public struct NodeOptions {
    /// 0 to 65535; 0 for any free port.
    public var listenPort: UInt16 = 3780
    /// The host name or IP address that other nodes and clients are told.
    public var hostname = "localhost"
    /// Nil for the default: the loopback if the host name is `localhost`, otherwise all interfaces.
    public var bind: String?
    /// Nil for a node that starts as a root.
    public var parent: Address?
    public var parentSecret: String
    public var ownSecret: String
    /// Another one that is taken too; nil for none.
    public var otherOwnSecret: String?
    /// Reads the network's secrets again, on a thread of its own; nil if they are in no file.
    public var rereadSecrets: (@Sendable () throws -> (first: String, second: String?))?
    /// Whether the secret was made up because none was given: then it is printed once the node listens.
    public var isSecretMade = false
    /// Names that lead to further nodes.
    public var seedNames: [SeedName] = []
    /// The clock servers; empty for none.
    public var clocks: [Address] = []
    /// The secret of the clocks; nil for that of the parent.
    public var clockSecret: String?
    /// Nil for the default below the working directory; ignored if nothing is kept.
    public var dataDirectory: String?
    /// Whether nothing is kept on disk.
    public var keepsNothing = false
    /// The longest line of a client, in bytes.
    public var lineBytes = Limits().clientLineBytes
    /// How far a client may lag behind the others, in bytes.
    public var lagBytes = Settings.standardLagBytes
    /// How long a peer that has vanished without closing its connection counts as there; at least 4 seconds.
    public var vanishedAfter = Settings.standardVanishing
    /// After this time a client that takes none of the bytes that wait for it is closed.
    public var takenWithin = Settings.standardTakenWithin
    /// What clients that speak TLS see; nil for a node without TLS.
    public var certificates: TLSFiles?
    /// What other nodes see on links, and which of their certificates are believed; nil for links without certificates.
    public var linkCertificates: TLSFiles?
    /// Whether links may be in clear where the other side doesn't encrypt.
    public var takesPlainLinks = false
    /// TLS handshakes at a time.
    public var handshakes = Settings.standardHandshakes
    /// The keys of whoever signs tokens of users; nil if none are taken.
    public var tokens: TokenFile?
    /// Addresses of balancers, whose connections begin with a PROXY header.
    public var proxyFrom: [AddressRange] = []
    /// Clients at a time; nil for as many as there are descriptors for.
    public var maxClients: Int?
    /// Reads the settings again after SIGHUP, and logs what came of it; nil if there is no file with settings. It gives
    /// the options with the new values of those settings that a running node takes over; nil if the settings are wrong.
    public var readAgain: ((Logger) -> NodeOptions?)?
    /// Makes the page with the settings that are in use, without secrets, for administrators.
    public var tellSettings: (() -> String)?
    /// Whether browsers get the page.
    public var servesPage = false
    /// From which pages browsers may connect, besides the node's own.
    public var webOrigins: [String] = []
    /// Whether messages of a WebSocket are compressed for clients that ask for it.
    public var webCompression = false
    /// Who is told how the node is.
    public var monitoring = Monitoring()
    /// The version that metrics name.
    public var version = ""
    /// Sets the rest of the node's configuration.
    public var configure: (inout Configuration) -> Void = { _ in }

    public init(parentSecret: String, ownSecret: String) {
        self.parentSecret = parentSecret
        self.ownSecret = ownSecret
    }
}

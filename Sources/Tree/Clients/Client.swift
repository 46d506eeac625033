/// A connection on which a client has spoken.
///
/// There may be twenty thousand clients: what an anonymous client doesn't need is stored apart (see `ClientTable`).
@dynamicMemberLookup
struct Client {
    /// What is stored for every client.
    struct Traits {
        /// Whether it has logged in and reads the log. Other clients have only said something valid.
        var isLoggedIn = false
        var wantsGaps = false
        var wantsNotices = false
        /// Whether it has a `Resume` in `ResumingClients`: it doesn't follow the log yet.
        var isResuming = false
        /// `isLoopback` of its address; the address's value is stored apart.
        var isLocal = true
    }

    var traits = Traits()
    /// Nil for an anonymous client that neither brought a session nor numbers what it says.
    var identity: Identity?
    /// When it logged in, in seconds since 1970, and how many messages it has said since.
    var record = Record()
    /// Where it came from, once it has logged in. Before, `PendingConnections` has its address.
    var address = PeerAddress.loopback {
        didSet { traits.isLocal = address.isLoopback }
    }

    struct Record {
        var since: UInt32 = 0
        var said: UInt32 = 0
    }

    final class Identity {
        let user: String
        let proof: LoginProof
        /// The digest of the secret shown at the login; nil for clients that have shown none.
        let digest: SecretDigest?
        /// The name of the session as others see it; nil if it follows from the connection.
        let session: String?

        init(user: String, proof: LoginProof, digest: SecretDigest?, session: String?) {
            self.user = user
            self.proof = proof
            self.digest = digest
            self.session = session
        }
    }

    subscript<Value>(dynamicMember trait: WritableKeyPath<Traits, Value>) -> Value {
        get { traits[keyPath: trait] }
        set { traits[keyPath: trait] = newValue }
    }

    var user: String { identity?.user ?? (traits.isLoggedIn ? Login.anonymous : "") }
    var digest: SecretDigest? { identity?.digest }

}

/// A connection on which a client has spoken.
///
/// There may be twenty thousand: what a client without a name has nothing of stands apart (see `ClientTable`).
@dynamicMemberLookup
struct Client {
    /// What is kept of every client.
    struct Traits {
        /// It reads the log. A client that isn't logged in has said something valid.
        var isLoggedIn = false
        var wantsGaps = false
        var wantsNotices = false
        /// Its `Resume` stands in the node's table: it doesn't follow the log by itself yet.
        var isResuming = false
        /// What its address says of itself; the rest of that stands apart.
        var isLocal = true
    }

    var traits = Traits()
    /// Nil for an anonymous client that neither brought a session nor numbers what it says.
    var identity: Identity?
    /// Where it came from, once it is logged in: until then it stands among the strangers.
    var address = PeerAddress.loopback {
        didSet { traits.isLocal = address.isLoopback }
    }

    final class Identity {
        let user: String
        /// Of the secret shown at the login; nil for anonymous clients.
        let digest: SecretDigest?
        /// As others see it. Nil for the one that follows from the connection.
        let session: String?

        init(user: String, digest: SecretDigest?, session: String?) {
            self.user = user
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

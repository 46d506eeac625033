import TLS
import UV

/// Why a connection could not be made, or has ended: in words, and as a kind by which a program finds the right advice.
package struct ConnectionFailure: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The host's name isn't known, or no name server says whether it is.
        case name(isKnownToNobody: Bool)
        /// A server's fault of TLS.
        case tls(TLSFault)
        /// The other side hasn't proved that it knows the secret, and was told nothing.
        case unproved
        /// Nobody answers, or the connection was closed.
        case other
    }

    package let words: String
    package let kind: Kind

    package init(_ words: String, _ kind: Kind = .other) {
        self.words = words
        self.kind = kind
    }

    init(_ error: UVError, connectingTo host: String) {
        self.init(
            error.words(connectingTo: host),
            error.isLookUpFailure ? .name(isKnownToNobody: error == .unknownHost) : .other)
    }
}

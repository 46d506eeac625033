import TLS

/// Who the two ends of a link are.
enum HandshakeKind: Int, CaseIterable {
    /// Both know the secret.
    case key
    /// They know different secrets.
    case otherKey
    /// The one that answers takes two secrets.
    case eitherKey
    /// The one that connects has read the name of the key, and doesn't know the secret.
    case nameOfKey
    /// Both have certificates, and know the secret.
    case certified
    /// Both have certificates, and know different secrets.
    case certifiedOtherKey
    /// The one that connects has a certificate of an authority that nobody knows.
    case certifiedForeign
    /// The one that connects has a certificate, and the other none.
    case certifiedAlone
    /// A tool connects, which has no certificate, to a node that has one.
    case tool

    var opens: Bool {
        switch self {
        case .key, .eitherKey, .certified, .tool: true
        case .otherKey, .nameOfKey, .certifiedOtherKey, .certifiedForeign, .certifiedAlone: false
        }
    }

    var isCertified: Bool { self == .certified }
}

/// What the ends of all kinds are made from, made once: keys and certificates take a while.
struct HandshakeContexts {
    /// Each thread would need one of its own: the tests play one input after the other.
    nonisolated(unsafe) static let shared = HandshakeContexts()

    private let right = LinkKey(secret: "the network's secret")
    private let wrong = LinkKey(secret: "another secret")
    private var contexts: [HandshakeKind: (dialler: TLSContext, answerer: TLSContext)] = [:]
    private var planted: [HandshakeKind: TLSContext] = [:]

    private init() {
        do {
            for kind in HandshakeKind.allCases {
                let known = try PrivateAuthority(name: "of nodes")
                contexts[kind] = (try dialler(kind, known), try answerer(kind, known, [right]))
                planted[kind] = try answerer(kind, known, [right, wrong])
            }
        } catch {
            fatalError("\(error)")
        }
    }

    /// - Parameter isPlanted: whether the one that answers takes the wrong secret too.
    func pair(_ kind: HandshakeKind, isPlanted: Bool) throws -> (dialler: TLSContext, answerer: TLSContext) {
        let pair = contexts[kind]!
        return (pair.dialler, isPlanted ? planted[kind]! : pair.answerer)
    }

    private func dialler(_ kind: HandshakeKind, _ known: PrivateAuthority) throws -> TLSContext {
        switch kind {
        case .key, .eitherKey, .tool: return try TLSContext(connecting: .link(right))
        case .otherKey: return try TLSContext(connecting: .link(wrong))
        case .nameOfKey:
            return try TLSContext(connecting: .link(LinkKey(bytes: wrong.bytes, identity: right.identity)))
        case .certified, .certifiedOtherKey, .certifiedForeign, .certifiedAlone:
            let signer = kind == .certifiedForeign ? try PrivateAuthority(name: "another") : known
            let node = try TLSContext(
                connectingAsNode: signer.identity(forNode: "n2.example"), signedBy: known.certificateText())
            return try TLSContext(node, proving: kind == .certifiedOtherKey ? wrong : right)
        }
    }

    private func answerer(
        _ kind: HandshakeKind, _ known: PrivateAuthority, _ keys: [LinkKey]
    ) throws -> TLSContext {
        let context = try TLSContext(accepting: nil, linkKeys: kind == .eitherKey ? [wrong, right] : keys)
        switch kind {
        case .key, .otherKey, .eitherKey, .nameOfKey, .certifiedAlone: break
        case .certified, .certifiedOtherKey, .certifiedForeign, .tool:
            context.links = try TLSContext(
                acceptingNodesAs: known.identity(forNode: "n1.example"), signedBy: known.certificateText())
        }
        return context
    }
}

import DequeModule
import TLS
import Tree
import UV

/// What links are encrypted by: their keys, each derived from a secret once, and kept, and the node's certificate for
/// links, where there is one (docs/protocol.md#encrypted-links).
///
/// A derivation takes some 50 ms of a core by intent. So it runs in the thread pool, one at a time, and whoever needs
/// the key waits for it; the loop never does.
public final class LinkKeys {
    private let loop: Loop
    /// For those who connect to a node without a certificate: they have to prove a key.
    let withoutCertificate: TLSContext
    /// What this node shows on links besides proving the secret; nil if the secret alone is proved.
    let certificates: Certificates?
    /// The secrets of which others have to prove one to this node.
    private var own: [Secret] = []
    private var keys: [Secret: LinkKey] = [:]
    private var contexts: [Secret: TLSContext] = [:]
    /// The same for links, and which certificate each was made with.
    private var linkContexts: [Secret: (certificate: TLSContext, context: TLSContext)] = [:]
    /// The secrets whose keys are kept, besides the node's own; the oldest first.
    private var order: Deque<Secret> = []
    private var waiting: Deque<(secret: Secret, done: () -> Void)> = []
    private var isDeriving = false
    private var isClosed = false
    private let kept: Int

    /// - Parameter kept: how many keys are kept, at least two.
    public init(
        on loop: Loop, certificates: Certificates? = nil, kept: Int = Settings.linkKeys
    ) throws(TLSError) {
        self.loop = loop
        self.certificates = certificates
        self.kept = kept
        withoutCertificate = try TLSContext(accepting: nil)
    }

    /// From now on others have to prove one of these secrets to this node.
    func accept(_ secrets: [Secret]) {
        own = secrets
        for secret in secrets { derive(secret) {} }
    }

    /// Whether all keys that others may prove are there.
    var areReady: Bool { own.allSatisfy { keys[$0] != nil } }

    /// The keys that others may prove.
    var accepted: [LinkKey] { own.compactMap { keys[$0] } }

    /// Gets what a connection is encrypted by on which both sides prove that they know a secret.
    ///
    /// - Parameter done: called at once if the key is there. It gets nil if there is no memory.
    func prepare(_ secret: Secret, _ done: @escaping (TLSContext?) -> Void) {
        derive(secret) { [unowned self] in done(context(of: secret)) }
    }

    /// The same for a link to another node, with a certificate if this node has one for links.
    func prepareLink(_ secret: Secret, _ done: @escaping (TLSContext?) -> Void) {
        derive(secret) { [unowned self] in
            done(certificates?.dialling.map { linkContext(of: secret, $0) } ?? context(of: secret))
        }
    }

    private func linkContext(of secret: Secret, _ certificate: TLSContext) -> TLSContext? {
        if let known = linkContexts[secret], known.certificate === certificate { return known.context }
        guard let key = keys[secret], let made = try? TLSContext(certificate, proving: key) else { return nil }
        linkContexts[secret] = (certificate, made)
        return made
    }

    private func context(of secret: Secret) -> TLSContext? {
        if let known = contexts[secret] { return known }
        guard let key = keys[secret] else { return nil }
        let made = try? TLSContext(connecting: .link(key))
        contexts[secret] = made
        return made
    }

    /// How many keys are there.
    var count: Int { keys.count }

    // MARK: Deriving

    private func derive(_ secret: Secret, _ done: @escaping () -> Void) {
        if keys[secret] != nil { return done() }
        waiting.append((secret, done))
        deriveNext()
    }

    private func deriveNext() {
        guard !isDeriving, !isClosed, let secret = waiting.first?.secret else { return }
        isDeriving = true
        let text = secret.text
        Work.run(on: loop) {
            LinkKey(secret: text)
        } done: { [self] key in
            isDeriving = false
            guard !isClosed else { return }
            keep(key, of: secret)
            let ready = waiting.filter { $0.secret == secret }
            waiting.removeAll { $0.secret == secret }
            for (_, done) in ready { done() }
            deriveNext()
        }
    }

    private func keep(_ key: LinkKey, of secret: Secret) {
        keys[secret] = key
        order.append(secret)
        while order.count > kept, let oldest = order.popFirst() {
            // The node's own stay; there are at most two.
            if own.contains(oldest) {
                order.append(oldest)
            } else {
                keys[oldest] = nil
                contexts[oldest] = nil
                linkContexts[oldest] = nil
            }
        }
    }

    func close() {
        isClosed = true
        certificates?.close()
        waiting.removeAll()
    }
}

/// The secrets of a node, as they are now: an operator may change them while it runs.
///
/// In memory a contact without a secret has that of this node's parent, which in most networks is everybody's. It
/// follows a change of the secret, and it isn't sent to anybody.
struct NetworkSecrets {
    /// The secrets of which others have to show one; the first is the one that others are told. There are two while the
    /// network's is changed.
    private(set) var own: [Secret]
    /// What this node shows to its parent, and to every address whose own secret it doesn't know.
    private(set) var parent: Secret
    /// What was shown on the connections that this node made, where that isn't the network's. The network's may change
    /// while a connection stands: then both sides mean the present one, though they don't change it at one time.
    private var shown: [ConnectionID: Secret] = [:]

    init(own: [Secret], parent: Secret) {
        precondition(!own.isEmpty, "a node has a secret")
        self.own = own
        self.parent = parent
    }

    mutating func change(own: [Secret], parent: Secret) {
        precondition(!own.isEmpty, "a node has a secret")
        self.own = own
        self.parent = parent
    }

    /// Whether the whole network has one secret, as far as this node knows.
    private var isOne: Bool { own[0] == parent }

    /// A connection that this node made stands.
    mutating func show(_ secret: Secret, on connection: ConnectionID) {
        if !(isOne && own.contains(secret)) { shown[connection] = secret }
    }

    mutating func forget(_ connection: ConnectionID) {
        if !shown.isEmpty { shown[connection] = nil }
    }

    /// The secret that one side of a connection has shown to the other, as it is now.
    private func shared(on connection: ConnectionID) -> Secret { shown[connection] ?? own[0] }

    /// A contact as it is kept here.
    func kept(_ contact: Contact) -> Contact {
        guard let secret = contact.secret, secret == parent || (isOne && own.contains(secret)) else { return contact }
        var contact = contact
        contact.secret = nil
        return contact
    }

    /// A contact as it came on a connection. One without a secret has the one that was shown there.
    func received(_ contact: Contact, on connection: ConnectionID) -> Contact {
        var contact = contact
        contact.secret = contact.secret ?? shared(on: connection)
        return kept(contact)
    }

    /// A contact as it is sent on a connection. A secret that was shown there isn't said again.
    func sent(_ contact: Contact, on connection: ConnectionID) -> Contact {
        var contact = contact
        let secret = contact.secret ?? parent
        let shared = shared(on: connection)
        contact.secret = secret == shared || (isOne && own.contains(secret) && own.contains(shared)) ? nil : secret
        return contact
    }
}

extension Node {
    /// How other nodes are to reach this node.
    var ownContact: Contact {
        secrets.kept(
            Contact(
                node: origin.node, incarnation: origin.incarnation, address: configuration.address,
                secret: secrets.own[0]))
    }

    /// The secret that this node shows at an address.
    func secret(for contact: Contact) -> Secret {
        contact.secret ?? topology.deadpool.contact(at: contact.address)?.secret ?? secrets.parent
    }

    /// The network's secret has been changed, or a second one is taken from now on.
    func secretsChanged(own: [Secret], parent: Secret) {
        secrets.change(own: own, parent: parent)
        topology.notePositionChange()
    }
}

import Tree

// A resume token is as good as the secret that it stands for, and no longer.

extension Checks {
    /// A node lets a client in. If the client has shown a token, the account has to be as it was when the token was
    /// given, at this node: after a change of the secret, a removal or another owner it is void.
    func checkToken(_ success: LoginSuccess, on end: End, _ host: SimulatedHost) {
        guard case .client(let index) = world.network.ends[end.other].holder,
            let name = world.clients[index].wantedName
        else { return }
        let account = account(of: index, name, host)
        if let shown = world.clients[index].shownToken {
            rare.count(.resumedByToken)
            if tokens[shown] == nil || tokens[shown] != account {
                fail("a token dies with its secret", "h\(host.index) let c\(index) in as \(name) by an old token")
            }
        }
        if let given = success.resumeToken { tokens[given.secret] = account }
    }

    /// A node sends a client on, with a token for the way.
    func noteToken(_ given: ClientToken, on end: End, _ host: SimulatedHost) {
        guard case .client(let index) = world.network.ends[end.other].holder,
            let name = world.clients[index].wantedName
        else { return }
        tokens[given.secret] = account(of: index, name, host)
    }

    private func account(of client: Int, _ name: String, _ host: SimulatedHost) -> Account? {
        host.node?.account(named: world.clients[client].name) ?? host.node?.account(named: name)
    }
}

import Tree

// A resume token is as good as the secret that it stands for, and no longer.

extension Checks {
    /// A node lets a client in. If the client has shown a token, the account has to be as it was when the token was
    /// given, at this node: after a change of the secret, a removal or another owner it is void.
    func checkToken(_ success: LoginSuccess, on end: End, _ host: SimulatedHost) {
        guard case .client(let index) = world.network.ends[end.other].holder,
            let name = world.clients[index].wantedName
        else { return }
        let account = host.node?.account(named: world.clients[index].name) ?? host.node?.account(named: name)
        if let shown = world.clients[index].shownToken {
            rare.count(.resumedByToken)
            if tokens[shown] == nil || tokens[shown] != account {
                fail("a token dies with its secret", "h\(host.index) let c\(index) in as \(name) by an old token")
            }
        }
        if let given = success.resumeToken { tokens[given.secret] = account }
    }
}

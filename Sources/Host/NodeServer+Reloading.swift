import LogLines
import Tree
import UV

// What the operator changes while the node runs: certificates, and the network's secret (docs/operations.md).

extension NodeServer {
    /// The operator wants what is in files to be read again.
    ///
    /// - Returns: what there is of it, for the log.
    public func reload() -> [String] {
        certificates?.look(isOrdered: true)
        tokens?.look(isOrdered: true)
        rereadSecrets()
        return (certificates == nil ? [] : ["the certificate"]) + (tokens == nil ? [] : ["the keys for tokens"])
            + (settings.rereadSecrets == nil ? [] : ["the secret"])
    }

    /// Reads the secrets in the thread pool: a disk that hangs must not stop the node.
    private func rereadSecrets() {
        guard let reread = settings.rereadSecrets else { return }
        Work.run(on: loop) {
            Result { try reread() }.mapError { Unreadable(description: "\($0)") }
        } done: { [self] result in
            switch result {
            case .success(let secrets): changeSecrets(first: Secret(secrets.first), second: secrets.second)
            case .failure(let error):
                logger[.secretUnusable].error(
                    "the secret stays as it was: \(error)", metadata: ["fault": "secret file"])
            }
        }
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    private func changeSecrets(first: Secret, second: String?) {
        let own = [first] + [second.map { Secret($0) }].compactMap(\.self)
        linkKeys.accept(own)
        if settings.clockSecret == nil { clock?.prove(first) }
        post(.secretsChanged(own: own, parent: first))
        logger[.secretRead].notice(
            second == nil
                ? "read the secret again: this one alone is taken from now on"
                : "read the secret again: two are taken from now on, and the first is shown")
    }
}

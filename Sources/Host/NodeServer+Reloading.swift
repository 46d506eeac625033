import LogLines
import Tree
import UV

// What is read again on SIGHUP besides the settings: the certificates, the keys of those who vouch for users, and the
// network's secret (docs/operations.md).

extension NodeServer {
    /// The operator wants what is in files to be read again.
    ///
    /// - Returns: what there is of it, for the log.
    public func reload() -> [String] {
        for certificates in [certificates, linkKeys.certificates] { certificates?.look(isOrdered: true) }
        tokens?.look(isOrdered: true)
        rereadSecrets()
        return [
            certificates.map { _ in "the certificate" }, linkKeys.certificates.map { _ in "the certificate for links" },
            tokens.map { _ in "the keys for tokens" }, settings.rereadSecrets.map { _ in "the secret" },
        ].compactMap(\.self)
    }

    /// What is read again, as metrics name it, and what came of the last reading.
    var readings: [(part: String, reading: FileReading)] {
        let all = [
            ("settings", settingsReading), ("certificate", certificates?.reading),
            ("link_certificate", linkKeys.certificates?.reading), ("token_keys", tokens?.reading),
            ("secret", secretReading),
        ]
        return all.compactMap { part, reading in reading.map { (part, $0) } }
    }

    /// Reads the secrets in the thread pool, and derives there what follows from them: neither a disk that hangs nor
    /// the derivation may stop the node.
    private func rereadSecrets() {
        guard let reread = settings.rereadSecrets else { return }
        secretReadings += 1
        let reading = secretReadings
        Work.run(on: loop) { [resumeTokenKeys] in
            Result {
                let secrets = try reread()
                let own = [Secret(secrets.first)] + [secrets.second.map { Secret($0) }].compactMap(\.self)
                try resumeTokenKeys.derive(for: own)
                return own
            }.mapError { Unreadable(description: "\($0)") }
        } done: { [self] (result: Result<[Secret], Unreadable>) in
            // Of two readings at a time the later one counts, whichever ends first.
            guard reading == secretReadings else { return }
            switch result {
            case .success(let own):
                secretReading?.succeeded()
                changeSecrets(to: own)
            case .failure(let error):
                secretReading?.failed()
                logger[.secretUnusable].error(
                    "the secret stays as it was: \(error)", metadata: ["fault": "secret file"])
            }
        }
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter own: one or two; the first is the one that is shown.
    private func changeSecrets(to own: [Secret]) {
        linkKeys.accept(own)
        if settings.clockSecret == nil { clock?.prove(own[0]) }
        post(.secretsChanged(own: own, parent: own[0]))
        resumeTokenKeys.keep(onlyThoseOf: own)
        logger[.secretRead].notice(
            own.count == 1
                ? "read the secret again: this one alone is taken from now on"
                : "read the secret again: two are taken from now on, and the first is shown")
    }
}

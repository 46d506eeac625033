import Names
import Tree

extension SimulatedHost {
    /// The configuration of the node in this life.
    func configuration(under parent: Int?) -> Configuration {
        let setting = world.setting
        let origin = Origin(node: nodeID, incarnation: Incarnation(lastIncarnation))
        var configuration = Configuration(
            origin: origin, address: address, ownSecret: secrets[0], parentSecret: secrets[0],
            parent: parent.map { world.hosts[$0].address }, randomSeed: chance.next(),
            digest: { SecretDigest(high: 0, low: SimulatedHost.digest($0.text)) })
        configuration.otherOwnSecret = secrets.count > 1 ? secrets[1] : nil
        if world.provesLinks { configuration.linkProtection = .required }
        configuration.seeds = world.hosts.prefix(setting.seeds).filter { $0.index != index }.map(\.address)
        configuration.remembered = remembered
        configuration.replicas = setting.replicas
        configuration.asksClock = setting.asksClock
        configuration.order = setting.order
        configuration.limits.connectTimeout = .milliseconds(setting.connectTimeoutMilliseconds)
        own.apply(to: &configuration)
        if world.hasLiars {
            // Bounds that no honest node comes near here, and that a liar reaches in some seconds.
            configuration.limits.unknownOrigins = 500
            configuration.limits.claimsPerLink = 60
            configuration.limits.nodesListed = 60
        }
        configuration.keepsAccounts = hasDisk
        configuration.names = UnicodeNames()
        configuration.resumeTokenCode = { secret, text in
            (0..<4).flatMap { SimulatedHost.code(text, under: secret, part: $0) }
        }
        return configuration
    }

    /// A part of a keyed hash. Here nobody guesses.
    private static func code(_ text: [UInt8], under secret: Secret, part: UInt8) -> [UInt8] {
        let hash = StableHash.of(Array(secret.text.utf8) + [part] + text)
        return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
    }

    /// A digest of secrets. Here it only has to be the same for equal secrets.
    private static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }
}

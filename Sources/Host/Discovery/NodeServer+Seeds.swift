import Tree

extension NodeServer {
    /// Begins to look up the names that lead to further nodes.
    func beginSeedNames() {
        guard !settings.seedNames.isEmpty else { return }
        seedNames = SeedNames(settings.seedNames, on: loop, logger) { [unowned self] in
            node.isAlone ? .alone : node.isRoot ? .some : .none
        } found: { [unowned self] in
            post(.seedsNamed($0))
        }
    }
}

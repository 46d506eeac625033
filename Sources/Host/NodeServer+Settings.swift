import Tree

extension NodeServer {
    /// Takes over what the operator has changed: what an `Adjustment` has.
    func adjust(_ change: (inout Configuration) -> Void) {
        var configuration = node.configuration
        change(&configuration)
        post(.adjusted(Adjustment(configuration)))
    }
}

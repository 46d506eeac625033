/// The probes of a node that are under way, and what it is going to probe.
struct Probing {
    /// Connections that carry a probe: of another tree by a root, of the deadpool by anybody.
    var probes: [ProbeDial] = []
    /// Roots of other trees that this one was told of and has not reached yet.
    var foreignRoots: [Contact] = []
    /// Nodes that were met and can't be in this tree, as was reported.
    var mismatched: [Address] = []
    /// Grows while probes fail, and is 0 once everybody has failed.
    var probesAtOnce = 1
}

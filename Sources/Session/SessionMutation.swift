/// A rule that is left out on purpose, so that the conformance suite shows that it notices its absence. Only tests set
/// one.
public enum SessionMutation: String, CaseIterable, Sendable {
    /// A later login doesn't say what was received before.
    case resumesWithoutSince
    /// What comes under a second id is shown again.
    case showsDoubles
    /// A message counts as safe when it is sent.
    case resolvesAtOnce
    /// At a later login only what wasn't sent before is sent.
    case saysNothingAgain
    /// A gap is passed over in silence.
    case tellsNoGaps
}

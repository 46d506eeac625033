/// Every limit of what is logged, with its unit and its reason.
struct LogLimits: Sendable {
    /// Bytes of one line's text: what others say may be long, and a queue has only so much room.
    var textBytes = 4096
    /// Lines whose like is remembered. A program has some dozens of complaints; names and addresses make more of them.
    var remembered = 64
    /// How often something is said at once, before it is held back: a complaint once, what is no fault a few times.
    var faultsAtOnce = 1
    var noticesAtOnce = 3
    /// How long what is said again and again is held back at first; twice as long each time after that.
    var firstPause = Duration.seconds(10)
    /// The longest: who looks at a log later should still see that the fault goes on.
    var longestPause = Duration.seconds(600)
    /// What wasn't said for so long is said at once: a reminder each minute is no repetition.
    var quiet = Duration.seconds(30)
}

/// Every limit of what is logged, with its unit and its reason.
struct LogLimits: Sendable {
    /// Bytes of one line's text. What others send may be long, and the output queue is limited.
    var textBytes = 4096
    /// How many different lines are remembered. A program has some dozens of complaints, and names and addresses
    /// multiply them.
    var remembered = 64
    /// How often a line is written before its repetitions are held back: a fault once, other lines a few times.
    var faultsAtOnce = 1
    var noticesAtOnce = 3
    /// How long repetitions are held back at first. Each further pause is twice as long.
    var firstPause = Duration.seconds(10)
    /// The longest pause. Whoever reads the log later should still see that the fault continues.
    var longestPause = Duration.seconds(600)
    /// After this time without a repetition, a line is written at once: a reminder each minute is no repetition.
    var quiet = Duration.seconds(30)
}

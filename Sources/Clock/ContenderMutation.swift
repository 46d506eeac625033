/// A rule left out on purpose, so that the tests can show that they would notice. Nothing else ever sets one.
enum ContenderMutation: String, CaseIterable, Sendable {
    /// The bound is moved whoever leads and whatever the bound is by now.
    case unguardedBound
    /// The lease counts from when its renewal came back.
    case deadlineFromReceipt
    /// The deadline is looked at when a question comes, and not when the answer goes.
    case deadlineCheckedEarly
    /// Who leads again goes on where its own last reign ended.
    case secondReignRemembers
    /// A request that nobody answered is taken as done.
    case unansweredIsDone
}

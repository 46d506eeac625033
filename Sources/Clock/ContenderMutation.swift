/// A rule that is left out on purpose, so that the tests show that they notice its absence. Only tests set one.
enum ContenderMutation: String, CaseIterable, Sendable {
    /// The bound is moved even if another clock leads, or if another bound is stored by then.
    case unguardedBound
    /// The lease counts from when the answer to its renewal came.
    case deadlineFromReceipt
    /// The deadline is checked when a question comes, and not when the answer is sent.
    case deadlineCheckedEarly
    /// A clock that leads again continues from the stamps of its own last reign.
    case secondReignRemembers
    /// A request without an answer is taken as carried out.
    case unansweredIsDone
}

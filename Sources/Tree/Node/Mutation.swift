/// A rule left out on purpose, so that the simulator can show that it would notice. Nothing else ever sets one.
package enum Mutation: String, CaseIterable, Sendable {
    /// L1 without labels: only whoever stands on the path is refused.
    case ancestorCheckOnly
    /// L2's exemption without its lock.
    case childlessWithoutLock
    /// A root that can't reach another tree keeps its reign, whoever below it can.
    case reignKept
    /// A root that has passed its reign, and has no answer yet, goes on as if it hadn't.
    case reignPassedWithoutLock
    /// A full root's refusal isn't followed downward.
    case refusalsNotFollowed
    /// L6 by node: whatever is taken down takes the node's newer link along.
    case teardownByNode
    /// L8 by id alone: an earlier life of an asker on the path counts as the asker.
    case pathWithoutIncarnation
    /// An entry that comes after a hole is kept, and the hole forgotten.
    case gapParked
    /// An entry counts as stored by the other side when it is sent.
    case acknowledgedBeforeStored
    /// Retries are recognised for two seconds.
    case dedupeByTime
    /// What was trimmed is passed over without a word.
    case gapNotTold
    /// A node that was late judges the others by what it has not read yet.
    case timersBeforeReads
    /// Entries go when those hold them who are there at the moment.
    case pruneWithoutDeparted
    /// A node promises by what it knows now, although stamps that it has asked for before are on their way.
    case promiseIgnoresRequests
    /// What is shown doesn't wait for the watermark of one of the links.
    case mergeWithoutOneLink
    /// A watermark goes out before the entries that it covers.
    case watermarkBeforeEntries
    /// Of two who registered one name the later one has it.
    case laterOwnerWins
    /// Spellings of one name are names of their own.
    case namesNotFolded
    /// Accounts aren't compared when links come up.
    case accountsNotCompared
    /// A registration is acknowledged before it is on a disk.
    case acknowledgedBeforeSaved
    /// A removed name comes back by an old copy.
    case removalForgotten
}

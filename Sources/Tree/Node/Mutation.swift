/// A rule left out on purpose: the simulator shows that it notices. Nothing else ever sets a mutation.
package enum Mutation: String, CaseIterable, Sendable {
    /// L1 without labels: only askers on the path are refused.
    case ancestorCheckOnly
    /// L2's exemption without its lock.
    case childlessWithoutLock
    /// A root that can't reach another tree keeps its reign, even if a node below it can.
    case reignKept
    /// A root that has passed its reign, and has no answer yet, goes on as if it hadn't.
    case reignPassedWithoutLock
    /// A full root's refusal isn't followed downward.
    case refusalsNotFollowed
    /// L6 by node: taking down an old link of a node also takes down its newer link.
    case teardownByNode
    /// L8 by id alone: an earlier life of an asker on the path counts as the asker.
    case pathWithoutIncarnation
    /// An entry that comes after a hole is kept, and the hole forgotten.
    case gapParked
    /// An entry counts as stored by the other side when it is sent.
    case acknowledgedBeforeStored
    /// Retries are recognised for two seconds.
    case dedupeByTime
    /// Readers aren't told of trimmed entries.
    case gapNotTold
    /// A node that was late itself calls links silent whose heartbeats it has not read yet.
    case timersBeforeReads
    /// Entries are dropped once all nodes of the present tree hold them; lost branches don't count.
    case pruneWithoutDeparted
    /// A node's watermark ignores that stamps it has requested, and not yet received, may be lower.
    case promiseIgnoresRequests
    /// Delivery doesn't wait for the watermark of one of the links.
    case mergeWithoutOneLink
    /// A watermark goes out before the entries that it covers.
    case watermarkBeforeEntries
    /// If two clients registered one name, the later one gets it.
    case laterOwnerWins
    /// Spellings of one name are names of their own.
    case namesNotFolded
    /// Accounts aren't compared when links come up.
    case accountsNotCompared
    /// Bans aren't compared when links come up, nor idly.
    case bansNotCompared
    /// A registration is acknowledged before it is on a disk.
    case acknowledgedBeforeSaved
    /// An old copy of a removed account brings the name back.
    case removalForgotten
    /// A resume token is good after its secret was changed, and after its name has another owner.
    case tokenOutlivesReset

    // What peers say, without the bounds of docs/hostile.md.

    /// Every gap is believed, however many entries it has and whoever numbers them.
    case anyGapBelieved
    /// A term is followed to wherever somebody asks for it.
    case anyTermFollowed
    /// A stamp of an entry is followed however far ahead of the time it is.
    case anyStampFollowed
    /// An acknowledgement counts although so much was not sent.
    case anyAcknowledgementCounts
    /// What a neighbour says of origins that nobody has heard of is kept, however many they are.
    case unknownOriginsKept
    /// A neighbour claims as many names at a time as it likes.
    case claimsUnbounded
    /// A neighbour announces as many nodes as it likes.
    case announcedNodesUnbounded
    /// An account's version is believed, even if there is none after it.
    case anyVersionTaken
    /// Nobody looks whether an entry that comes twice is the same.
    case conflictsOverlooked
    /// A link on which nothing moves is kept as long as its other side lives.
    case stuckLinksKept
    /// A peer whose word can't be true is taken again and again.
    case faultsForgiven
}

// How long entries stay (docs/protocol.md#retention).

extension Node {
    func trimLog() {
        timers[.retention] = now.instant + .seconds(1)
        let window = UInt64(limits.retentionTime.wholeNanoseconds)
        let oldest = now.instant.nanoseconds > window ? Instant(nanoseconds: now.instant.nanoseconds - window) : nil
        _ = log.trim(toBytes: limits.retentionBytes, olderThan: oldest)
    }

    func rememberNodes() {
        rememberedVersion = deadpool.version
        order(.remember(deadpool.everybody))
    }
}

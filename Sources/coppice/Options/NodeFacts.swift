import Configuring
import Tree

/// What a node's flags don't declare: the ranges of numbers, and which settings a running node takes over.
///
/// A setting that isn't named here has any value that its flag takes, and needs a restart.
enum NodeFacts {
    static let all: [String: SettingFacts] = [
        "listen-port": SettingFacts(0...65_535),
        "parent-port": SettingFacts(1...65_535),
        "max-children": SettingFacts(1...Int.max, change: .running),
        "priority": SettingFacts(Int(Int32.min)...Int(Int32.max)),
        "replicas": SettingFacts(0...8, reason: "one node may fail at any time."),
        "order-grace": SettingFacts(0...Int.max, change: .running, reason: "most trees have healed by then."),
        "heartbeat": SettingFacts(10...Int.max),
        "lost-after": SettingFacts(11...Int.max, reason: "three heartbeats, and half of one for the way."),
        "max-link-lag": SettingFacts(64 * 1024...Int.max, change: .running, reason: "as far as a client may lag."),
        "announce-interval": SettingFacts(10...Int.max, change: .running),
        "redirect-gap": SettingFacts(0...Int.max, change: .running),
        "max-line-bytes": SettingFacts(256...1_000_000),
        "max-clients": SettingFacts(1...Int.max, change: .running),
        "max-accounts": SettingFacts(1...Int.max, change: .running),
        "max-lag-bytes": SettingFacts(64 * 1024...Int.max),
        "vanished-after": SettingFacts(
            5...3600, reason: "eight probes of the kernel without an answer are no accident."),
        "taken-within": SettingFacts(5...86_400),
        "stuck-after": SettingFacts(2...3600, reason: "as long as one line may take."),
        "retention-bytes": SettingFacts(1 << 20...Int.max),
        "retention-time": SettingFacts(
            1...Int(Limits().longestRetention / .seconds(1)), change: .running,
            reason: "time for a machine to restart, or for a network to come back."),
        "token-time": SettingFacts(60...2_592_000),
        "max-clock-skew": SettingFacts(ClockSkew.range),
        "max-handshakes": SettingFacts(1...Int.max),
        "allow-plain": SettingFacts(change: .running),
        "max-strangers": SettingFacts(1...Int.max, change: .running),
        "max-strangers-per-address": SettingFacts(1...Int.max, change: .running),
        "stranger-patience": SettingFacts(100...Int.max, change: .running),
        "max-clients-per-address": SettingFacts(1...Int.max, change: .running),
        "idle-timeout": SettingFacts(5...604_800, change: .running),
        "login-attempts": SettingFacts(1...Int.max, change: .running),
        "login-attempts-per-name": SettingFacts(1...Int.max, change: .running),
        "register-attempts": SettingFacts(1...Int.max, change: .running),
        "longest-pause": SettingFacts(1...Int.max, change: .running),
        "message-rate": SettingFacts(0...Int.max, change: .running),
        "byte-rate": SettingFacts(1024...Int.max, zero: "all", change: .running),
        "max-name-bytes": SettingFacts(1...255, change: .running),
        "max-secret-bytes": SettingFacts(1...4096, change: .running),
        "trust-loopback": SettingFacts(change: .running),
        "log-level": SettingFacts(change: .running, listWithFlaw: ListFlaws.logLevel),
        "seeds": SettingFacts(listWithFlaw: SeedList.flaw),
        "clock": SettingFacts(listWithFlaw: ListFlaws.address),
        "proxy-from": SettingFacts(listWithFlaw: ListFlaws.range),
        "web-origins": SettingFacts(listWithFlaw: ListFlaws.origin),
    ]
}

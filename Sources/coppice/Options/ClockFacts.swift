import Configuring

/// The same as `NodeFacts` for a clock.
enum ClockFacts {
    static let all: [String: SettingFacts] = [
        "listen-port": SettingFacts(0...65_535),
        "max-clock-skew": SettingFacts(ClockSkew.range),
        "max-connections": SettingFacts(1...1_000_000),
        "max-connections-per-address": SettingFacts(1...1_000_000),
        "idle-timeout": SettingFacts(1...86_400, zero: "never"),
        "lease": SettingFacts(2...60, reason: "the least that etcd grants."),
        "log-level": SettingFacts(change: .running, listWithFlaw: ListFlaws.logLevel),
        "etcd": SettingFacts(listWithFlaw: ListFlaws.url),
    ]
}

import Testing

@testable import Configuring

/// A program with one setting of each kind.
enum Sample {
    static let dump = """
        {"command": {"arguments": [
          {"kind": "option",
           "names": [{"kind": "longWithSingleDash", "name": "lp"}, {"kind": "long", "name": "listen-port"}],
           "valueName": "port",
           "defaultValue": "3780", "abstract": "Port to listen on."},
          {"kind": "option", "names": [{"kind": "long", "name": "idle-timeout"}], "valueName": "seconds",
           "abstract": "How long a client may say nothing. (default: never)", "sectionTitle": "Limits"},
          {"kind": "option", "names": [{"kind": "long", "name": "heartbeat"}], "valueName": "ms",
           "defaultValue": "1000",
           "abstract": "Pause between signs of life."},
          {"kind": "option", "names": [{"kind": "long", "name": "retention-bytes"}], "valueName": "bytes",
           "defaultValue": "268435456", "abstract": "What is kept."},
          {"kind": "option", "names": [{"kind": "long", "name": "seeds"}], "valueName": "addresses",
           "defaultValue": "none",
           "abstract": "Further nodes."},
          {"kind": "option", "names": [{"kind": "long", "name": "proxy-from"}], "valueName": "network",
           "isRepeating": true,
           "abstract": "Networks of proxies."},
          {"kind": "option", "names": [{"kind": "long", "name": "order"}], "valueName": "order",
           "defaultValue": "causal",
           "allValues": ["causal", "total"], "abstract": "The order."},
          {"kind": "option", "names": [{"kind": "short", "name": "s"}, {"kind": "long", "name": "secret"}],
           "valueName": "secret",
           "abstract": "The secret."},
          {"kind": "option", "names": [{"kind": "long", "name": "secret-file"}], "valueName": "file",
           "abstract": "File with the secret."},
          {"kind": "flag", "names": [{"kind": "long", "name": "memory"}], "abstract": "Keep nothing."},
          {"kind": "flag", "names": [{"kind": "long", "name": "old"}], "shouldDisplay": false},
          {"kind": "flag", "names": [{"kind": "long", "name": "check"}], "abstract": "Only check."},
          {"kind": "flag", "names": [{"kind": "short", "name": "h"}, {"kind": "long", "name": "help"}]},
          {"kind": "positional", "valueName": "name"}
        ]}}
        """

    static let facts: [String: SettingFacts] = [
        "listen-port": SettingFacts(0...65_535),
        "idle-timeout": SettingFacts(5...604_800, zero: "never", change: .running, reason: "nobody is closed unasked."),
        "heartbeat": SettingFacts(10...Int.max, change: .running),
        "seeds": SettingFacts(listWithFlaw: { $0 == "moon" ? "takes no moon" : nil }),
    ]

    static func list() throws -> SettingList {
        try SettingList("coppice node", dump: dump, facts: facts, others: ["config", "check"])
    }

    static func given(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> GivenSettings {
        try GivenSettings(arguments, try list(), environment: environment, ownVariables: ["secret"])
    }

    static func file(_ text: String) throws -> [String: SettingValue] {
        try SettingFile(text, path: "node.yaml", try list()).values
    }

    /// What is wrong with something; empty if nothing is.
    static func mistakes(_ body: () throws -> Void) -> [String] {
        do {
            try body()
            return []
        } catch {
            return (error as? SettingMistakes)?.lines ?? ["\(error)"]
        }
    }
}

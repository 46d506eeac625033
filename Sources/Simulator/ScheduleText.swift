// Schedules as text, to be kept and read:
//
//     set seed 7
//     set latency 50 500
//     client 1 named 2
//     0.000 start 0
//     0.020 start 1 under 0
//     4.500 cut 3 from 0,2 to 1
//     9.000 settle 0,1 silently
//
//     1.000 say 1 every 2.000 until 86400.000
//
// A line that begins with # is a comment.

extension Schedule {
    /// Why a text is no schedule, with the number of the line.
    public struct TextError: Error, CustomStringConvertible {
        public let line: Int
        public let description: String
    }

    /// The schedule in the form above. Reading it back gives the same schedule.
    public var text: String {
        var lines = setting.lines
        for (client, kind) in setting.clients.enumerated() { lines.append("client \(client) \(kind.text)") }
        for step in steps {
            let fraction = String(step.atMilliseconds % 1000)
            let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
            lines.append("\(step.atMilliseconds / 1000).\(padded) \(step.action.text)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a schedule.
    ///
    /// - Throws: the first line that isn't understood.
    public init(text: String) throws(TextError) {
        self.init()
        setting.clients = []
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let isRead: Bool
            switch first {
            case "set": isRead = setting.read(Array(words.dropFirst()))
            case "client": isRead = ClientKind(Array(words.dropFirst(2))).map { setting.clients.append($0) } != nil
            default: isRead = read(first, Array(words.dropFirst()))
            }
            guard isRead else {
                throw TextError(line: number, description: "line \(number) is not understood: \(line)")
            }
        }
        if setting.clients.isEmpty { setting.clients = [.numbering] }
        let order = steps.indices.sorted { (steps[$0].atMilliseconds, $0) < (steps[$1].atMilliseconds, $1) }
        steps = order.map { steps[$0] }
    }

    private mutating func read(_ time: String, _ words: [String]) -> Bool {
        guard let begin = Self.milliseconds(time) else { return false }
        // `every PERIOD until END` at the end of a line makes the line repeat.
        if words.count > 4, words[words.count - 4] == "every", words[words.count - 2] == "until" {
            guard let period = Self.milliseconds(words[words.count - 3]), period > 0,
                let end = Self.milliseconds(words[words.count - 1]), let action = Action(Array(words.dropLast(4)))
            else { return false }
            for at in stride(from: begin, through: end, by: period) { steps.append(Step(atMilliseconds: at, action)) }
            return true
        }
        guard let action = Action(words) else { return false }
        steps.append(Step(atMilliseconds: begin, action))
        return true
    }

    private static func milliseconds(_ time: String) -> Int? {
        let parts = time.split(separator: ".")
        guard parts.count == 2, parts[1].count == 3, let seconds = Int(parts[0]), let milliseconds = Int(parts[1])
        else {
            return nil
        }
        return seconds * 1000 + milliseconds
    }
}

extension Setting {
    fileprivate var lines: [String] {
        [
            "set seed \(seed)", "set replicas \(replicas)", "set children \(children)",
            "set latency \(latency.lowerBound) \(latency.upperBound)", "set seeds \(seeds)",
            "set redirects \(redirects ? 1 : 0)", "set asksClock \(asksClock ? 1 : 0)",
            "set total \(order == .total ? 1 : 0)",
            "set clockLatency \(clockLatency.lowerBound) \(clockLatency.upperBound)",
            "set congestionPackets \(congestionPackets)", "set linkBurstBytes \(linkBurstBytes)",
            "set queueBytes \(queueBytes)",
            "set retention \(retentionBytes) \(retentionSeconds) \(retentionCapSeconds)", "set readBurst \(readBurst)",
            "set timersFirstPerMille \(timersFirstPerMille)", "set lateness \(lateness)",
            "set connectTimeoutMilliseconds \(connectTimeoutMilliseconds)", "set padding \(padding)",
            "set disklessPerMille \(disklessPerMille)",
        ] + (isMixed ? ["set mixed 1"] : [])
            + (capacities.isEmpty ? [] : ["set capacities " + capacities.map(String.init).joined(separator: " ")])
            + (quirks.isEmpty ? [] : ["set quirks " + quirks.map(\.rawValue).joined(separator: " ")])
    }

    fileprivate mutating func read(_ words: [String]) -> Bool {
        if words.first == "quirks" {
            quirks = words.dropFirst().compactMap { Quirk(rawValue: $0) }
            return quirks.count == words.count - 1
        }
        let values = words.dropFirst().compactMap { Int($0) }
        guard let name = words.first, let value = values.first ?? (name == "seed" ? 0 : nil) else { return false }
        switch name {
        case "seed": seed = UInt64(words[1]) ?? 0
        case "replicas": replicas = value
        case "children": children = value
        case "latency" where values.count == 2 && values[0] <= values[1]: latency = values[0]...values[1]
        case "seeds": seeds = value
        case "capacities" where values.allSatisfy { $0 > 0 }: capacities = values
        case "redirects": redirects = value == 1
        case "asksClock": asksClock = value == 1
        case "total": order = value == 1 ? .total : .causal
        case "clockLatency" where values.count == 2 && values[0] <= values[1]: clockLatency = values[0]...values[1]
        case "congestionPackets": congestionPackets = value
        case "linkBurstBytes": linkBurstBytes = value
        case "queueBytes": queueBytes = value
        case "retention" where values.count == 3:
            (retentionBytes, retentionSeconds, retentionCapSeconds) = (values[0], values[1], values[2])
        case "readBurst": readBurst = value
        case "timersFirstPerMille": timersFirstPerMille = value
        case "lateness": lateness = value
        case "connectTimeoutMilliseconds": connectTimeoutMilliseconds = value
        case "padding": padding = value
        case "mixed": isMixed = value == 1
        case "disklessPerMille": disklessPerMille = value
        default: return false
        }
        return true
    }
}

extension ClientKind {
    fileprivate var text: String {
        switch self {
        case .base: "base"
        case .numbering: "numbering"
        case .named(let name): "named \(name)"
        }
    }

    fileprivate init?(_ words: [String]) {
        switch words.first {
        case "base": self = .base
        case "numbering": self = .numbering
        case "named":
            guard words.count == 2, let name = Int(words[1]) else { return nil }
            self = .named(name)
        default: return nil
        }
    }
}

extension Action {
    private static let nobody = "nobody"

    private static func list(_ hosts: [Int]) -> String {
        hosts.isEmpty ? nobody : hosts.map(String.init).joined(separator: ",")
    }

    /// A text that isn't a number, such as `nobody`, names no host.
    private static func hosts(_ text: String) -> [Int] { text.split(separator: ",").compactMap { Int($0) } }

    var text: String {
        switch self {
        case .start(let host, let parent): "start \(host)" + (parent.map { " under \($0)" } ?? "")
        case .copy(let host, let other, let parent): "copy \(host) of \(other)" + (parent.map { " under \($0)" } ?? "")
        case .restart(let host, let remembering): "restart \(host)" + (remembering ? " remembering" : "")
        case .kill(let host): "kill \(host)"
        case .vanish(let host): "vanish \(host)"
        case .freeze(let host): "freeze \(host)"
        case .thaw(let host): "thaw \(host)"
        case .leave(let host): "leave \(host)"
        case .cut(let number, let from, let to): "cut \(number) from \(Self.list(from)) to \(Self.list(to))"
        case .bar(let number, let from, let to): "bar \(number) from \(Self.list(from)) to \(Self.list(to))"
        case .mend(let number): "mend \(number)"
        case .slow(let host, let microseconds): "slow \(host) \(microseconds)"
        case .clockDown: "clock-down"
        case .clockUp: "clock-up"
        case .clockRestart(let setBack): "clock-restart \(setBack)"
        case .jump(let host, let milliseconds): "jump \(host) \(milliseconds)"
        case .disconnect(let host): "disconnect \(host)"
        case .flap(let a, let b): "flap \(a) \(b)"
        case .spoil(let from, let to): "spoil \(from) \(to)"
        case .lie(let host, let lie): "lie \(host) \(lie.rawValue)"
        case .secrets(let host, let numbers):
            "secrets \(host) " + numbers.map(String.init).joined(separator: " ")
        case .diskFails(let host): "disk-fails \(host)"
        case .diskWorks(let host): "disk-works \(host)"
        case .remove(let name, let host): "remove \(name) \(host)"
        case .reset(let name, let host): "reset \(name) \(host)"
        case .ban(let name, let host, let seconds): "ban \(name) \(host) \(seconds)"
        case .unban(let name, let host): "unban \(name) \(host)"
        case .changeSecret(let client, let host): "change-secret \(client) \(host)"
        case .arrive(let client, let host): "arrive \(client) \(host)"
        case .depart(let client): "depart \(client)"
        case .move(let client, let host): "move \(client) \(host)"
        case .doze(let client): "doze \(client)"
        case .rouse(let client): "rouse \(client)"
        case .say(let client, let answering): "say \(client)" + (answering ? " answering" : "")
        case .settle(let hosts, let silently): "settle \(Self.list(hosts))" + (silently ? " silently" : "")
        }
    }

    fileprivate init?(_ words: [String]) {
        guard let verb = words.first else { return nil }
        if verb == "clock-down" || verb == "clock-up" {
            self = verb == "clock-up" ? .clockUp : .clockDown
            return
        }
        guard words.count > 1 else { return nil }
        if verb == "settle" {
            self = .settle(hosts: Self.hosts(words[1]), silently: words.last == "silently")
            return
        }
        guard let first = Int(words[1]) else { return nil }
        let second = words.count > 2 ? Int(words[2]) : nil
        switch (verb, second) {
        case ("start", _): self = .start(host: first, under: words.count == 4 ? Int(words[3]) : nil)
        case ("copy", _):
            guard words.count > 3, let other = Int(words[3]) else { return nil }
            self = .copy(host: first, of: other, under: words.count == 6 ? Int(words[5]) : nil)
        case ("restart", _): self = .restart(host: first, remembering: words.last == "remembering")
        case ("kill", _): self = .kill(host: first)
        case ("vanish", _): self = .vanish(host: first)
        case ("freeze", _): self = .freeze(host: first)
        case ("thaw", _): self = .thaw(host: first)
        case ("leave", _): self = .leave(host: first)
        case ("cut", _) where words.count == 6:
            self = .cut(first, from: Self.hosts(words[3]), to: Self.hosts(words[5]))
        case ("bar", _) where words.count == 6:
            self = .bar(first, from: Self.hosts(words[3]), to: Self.hosts(words[5]))
        case ("mend", _): self = .mend(first)
        case ("slow", let second?): self = .slow(host: first, microseconds: second)
        case ("jump", let second?): self = .jump(host: first, milliseconds: second)
        case ("clock-restart", _): self = .clockRestart(setBackMilliseconds: first)
        case ("disconnect", _): self = .disconnect(host: first)
        case ("flap", let second?): self = .flap(first, second)
        case ("spoil", let second?): self = .spoil(from: first, to: second)
        case ("lie", _):
            guard words.count == 3, let lie = Lie(rawValue: words[2]) else { return nil }
            self = .lie(host: first, lie)
        case ("secrets", _?):
            let numbers = words.dropFirst(2).map { Int($0) }
            guard numbers.count <= 2, !numbers.contains(nil) else { return nil }
            self = .secrets(host: first, numbers.compactMap(\.self))
        case ("disk-fails", _): self = .diskFails(host: first)
        case ("disk-works", _): self = .diskWorks(host: first)
        case ("remove", let second?): self = .remove(name: first, host: second)
        case ("reset", let second?): self = .reset(name: first, host: second)
        case ("ban", let second?):
            guard words.count == 4, let seconds = Int(words[3]) else { return nil }
            self = .ban(name: first, host: second, seconds: seconds)
        case ("unban", let second?): self = .unban(name: first, host: second)
        case ("change-secret", let second?): self = .changeSecret(client: first, host: second)
        case ("arrive", let second?): self = .arrive(client: first, host: second)
        case ("depart", _): self = .depart(client: first)
        case ("move", let second?): self = .move(client: first, host: second)
        case ("doze", _): self = .doze(client: first)
        case ("rouse", _): self = .rouse(client: first)
        case ("say", _): self = .say(client: first, answering: words.last == "answering")
        default: return nil
        }
    }
}

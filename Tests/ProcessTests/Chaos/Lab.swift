import Foundation
import Synchronization

/// Network namespaces on a switch, to cut nodes off from each other without their noticing:
///
/// ```
///     namespace 1    namespace 2    …    namespace n      one node each, 10.79.0.i on eth0
///          |              |                   |
///          +--- bridge "whole" / bridge "other", in a namespace of its own
/// ```
///
/// Nothing of it is in the machine's own namespace. A shell holds the end of a pipe and removes it all when the pipe
/// closes, also when the tests die.
final class Lab {
    /// Whether this machine lets us make namespaces, and rules in them.
    static let isAllowed = isPossible("ip netns exec $n iptables -n -L")

    /// Whether it lets us make namespaces at least.
    static let hasNamespaces = isPossible("true")

    private static func isPossible(_ command: String) -> Bool {
        guard geteuid() == 0 else { return false }
        let name = "coppice-\(getpid())-try\(command.utf8.count)"
        defer { _ = try? shell("ip netns del \(name)") }
        let script = "n=\(name); ip netns add $n && ip -n $n link add whole type bridge && \(command)"
        return (try? shell(script)) != nil
    }

    static let refusal =
        "no cuts: they need network namespaces (ip netns, iptables), which this machine or user doesn't allow"

    /// How many were made: two tests may have one each.
    private static let made = Mutex(0)

    private let name: String
    private let count: Int
    private let keeper: Spawn.Child
    private let own: Int32
    private var namespaces: [Int32] = []

    init(count: Int) throws {
        let name = "coppice-\(getpid())-\(Self.made.withLock { made in made += 1; return made })"
        self.name = name
        self.count = count
        own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let all = (["sw"] + (0..<count).map(String.init)).map { "\(name)-\($0)" }.joined(separator: " ")
        let removal = """
            trap '' INT TERM HUP; read -r nothing; \
            for n in \(all); do for p in $(ip netns pids $n); do kill -9 $p; done; ip netns del $n; done
            """
        keeper = try Spawn.start("/bin/sh", ["-c", removal], folder: "/", errorFile: "/dev/null")
        do {
            try Self.shell(Self.building(name, count))
            for place in 0..<count {
                let namespace = open("/var/run/netns/\(name)-\(place)", O_RDONLY | O_CLOEXEC)
                guard own >= 0, namespace >= 0 else { throw Failure("cannot open a network namespace") }
                namespaces.append(namespace)
            }
        } catch {
            remove()
            throw error
        }
    }

    private static func building(_ name: String, _ count: Int) -> String {
        var script = """
            set -e; ip netns add \(name)-sw
            for b in whole other; do
                ip -n \(name)-sw link add $b type bridge forward_delay 0; ip -n \(name)-sw link set $b up
            done

            """
        for place in 0..<count {
            script += """
                ip netns add \(name)-\(place)
                ip -n \(name)-sw link add p\(place) type veth peer name eth0 netns \(name)-\(place)
                ip -n \(name)-sw link set p\(place) master whole up
                ip -n \(name)-\(place) addr add 10.79.0.\(place + 1)/24 dev eth0
                ip -n \(name)-\(place) link set eth0 up
                ip -n \(name)-\(place) link set lo up

                """
        }
        return script
    }

    /// Takes everything away, and waits until it is.
    func remove() {
        namespaces.forEach { _ = close($0) }
        namespaces = []
        keeper.input.close()
        waitpid(keeper.pid, nil, 0)
        _ = close(own)
    }

    func address(of place: Int) -> String { "10.79.0.\(place + 1)" }

    func number(of place: Int) -> UInt32 { 0x0A4F_0001 + UInt32(place) }

    // MARK: - Inside

    /// Sockets and processes that `body` makes belong to that namespace for good.
    func inside<Result>(_ place: Int, _ body: () throws -> Result) throws -> Result {
        guard Self.enter(namespaces[place]) else { throw Failure("cannot enter a network namespace") }
        defer { precondition(Self.enter(own), "cannot return from a network namespace") }
        return try body()
    }

    /// setns(2), for this thread. Glibc's module doesn't show it.
    private static func enter(_ namespace: Int32) -> Bool {
        typealias SetNS = @convention(c) (Int32, Int32) -> Int32
        let network: Int32 = 0x4000_0000  // CLONE_NEWNET
        guard let address = dlsym(nil, "setns") else { return false }
        return unsafeBitCast(address, to: SetNS.self)(namespace, network) == 0
    }

    // MARK: - Cuts

    /// Parts these from all others, both ways.
    func split(off places: [Int]) throws {
        try Self.shell(places.map { "ip -n \(name)-sw link set p\($0) master other" }.joined(separator: "\n"))
    }

    /// `deaf` doesn't hear these any more; they hear it.
    func silence(_ talkers: [Int], for deaf: Int) throws {
        let sources = talkers.map { address(of: $0) }.joined(separator: ",")
        try Self.shell("ip netns exec \(name)-\(deaf) iptables -w -A INPUT -s \(sources) -j DROP")
    }

    /// `deaf` takes no new connection of these; old ones stand.
    func bar(_ callers: [Int], from deaf: Int) throws {
        let sources = callers.map { address(of: $0) }.joined(separator: ",")
        try Self.shell("ip netns exec \(name)-\(deaf) iptables -w -A INPUT -p tcp --syn -s \(sources) -j DROP")
    }

    /// Everybody reaches everybody again.
    func mend() throws {
        try Self.shell(
            (0..<count).map { place in
                """
                ip -n \(name)-sw link set p\(place) master whole
                ip netns exec \(name)-\(place) iptables -w -F INPUT
                """
            }.joined(separator: "\n"))
    }

    private static func shell(_ script: String) throws {
        let child = try Spawn.start("/bin/sh", ["-ec", script], folder: "/", errorFile: "/dev/null")
        child.input.close()
        var status: Int32 = 0
        guard waitpid(child.pid, &status, 0) == child.pid, status == 0 else { throw Failure("failed: \(script)") }
    }
}

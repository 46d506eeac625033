import Foundation

/// The places where the nodes of a chaos run stand: each has an address of its own, which a node that is started again
/// there takes over.
final class Sites {
    let bench: Bench
    /// Nil: all on loopback, on ports of their own. Otherwise every place is a namespace with an address.
    let lab: Lab?
    let places: Range<Int>
    private let ports: [Int]
    private(set) var programs: [Int: Program] = [:]
    private let flags: [String]

    init(_ bench: Bench, count: Int, lab: Lab?, _ flags: [String] = []) throws {
        self.bench = bench
        self.lab = lab
        self.flags = flags
        places = 0..<count
        ports = try places.map { _ in try lab == nil ? Sockets.freePort() : 3780 }
    }

    func name(_ place: Int) -> String { "n\(place + 1)" }

    func names(_ places: [Int]) -> String { places.map(name).joined(separator: " ") }

    private func host(_ place: Int) -> String { lab?.address(of: place) ?? "localhost" }

    /// The place that an object with `hostname` and `port` speaks of.
    func place(of object: JSONValue) -> Int? {
        guard let port = object["port"]?.lenientInteger, let name = object["hostname"]?.text else { return nil }
        return places.first { ports[$0] == port && host($0) == name }
    }

    // MARK: - Nodes

    /// Starts a node there, under another one or as a root, without waiting for anything.
    func start(_ place: Int, under parent: Int?) throws {
        if let former = programs[place], !former.isRunning { try bench.forget(former) }
        var arguments = [
            "node", "-lp", String(ports[place]), "-lh", host(place), "-ms", Bench.secret, "--memory", "--allow-plain",
            "--redirect-gap", "0", "--clock", "none", "--log-level", "debug",
        ]
        if lab != nil { arguments += ["--bind", "0.0.0.0"] }
        if let parent {
            arguments += ["-rh", host(parent), "-rp", String(ports[parent]), "-s", Bench.secret]
        }
        programs[place] = try inside(place) { try bench.program(name(place), arguments + flags) }
    }

    /// Whether a process runs there: it may be stopped or cut off.
    func isUp(_ place: Int) -> Bool { programs[place]?.isRunning ?? false }

    var up: [Int] { places.filter { isUp($0) } }

    /// A connection under way to a node, made over the loopback of the node's own namespace: so a cut doesn't part it
    /// from its clients, and the node takes its secret in clear.
    func connect(to place: Int) throws -> Descriptor {
        try inside(place) { try Sockets.beginConnecting(port: ports[place]) }
    }

    private func inside<Result>(_ place: Int, _ body: () throws -> Result) throws -> Result {
        guard let lab else { return try body() }
        return try lab.inside(place, body)
    }
}

import Foundation

/// The whole tree as one node tells it, in the places of the sites.
struct TreeView {
    /// Nil for a root.
    let parents: [Int: Int?]
    let queued: Int

    /// Nil if the answer isn't whole, or names somebody from outside.
    init?(_ answer: JSONValue, _ sites: Sites) {
        guard answer["complete"] == true, let nodes = answer["nodes"]?.elements else { return nil }
        var parents: [Int: Int?] = [:]
        var queued = 0
        for node in nodes {
            guard let place = sites.place(of: node), parents[place] == nil else { return nil }
            queued += node["queue"]?.integer ?? 0
            guard let parent = node["path"]?.elements?.first else {
                parents[place] = .some(nil)
                continue
            }
            guard let above = sites.place(of: parent) else { return nil }
            parents[place] = above
        }
        self.parents = parents
        self.queued = queued
    }

    /// Exactly these, one of them a root, every way up ending there.
    func isOneTree(of places: [Int]) -> Bool {
        guard Set(parents.keys) == Set(places), parents.values.count(where: { $0 == nil }) == 1 else { return false }
        return places.allSatisfy { wayUp(from: $0) != nil }
    }

    /// From a place to its root; nil if it goes round in a circle.
    func wayUp(from place: Int) -> [Int]? {
        var way = [place]
        while let next = parents[way.last!] ?? nil {
            guard !way.contains(next) else { return nil }
            way.append(next)
        }
        return way
    }

    func parent(of place: Int) -> Int? { parents[place] ?? nil }

    func children(of place: Int) -> [Int] { parents.filter { $0.value == place }.keys.sorted() }

    /// The parts that are left when one place is taken out: what hangs under it, branch by branch, and what doesn't.
    func parts(without taken: Int) -> [[Int]] { parts(without: [taken]) }

    /// The same for several.
    func parts(without taken: [Int]) -> [[Int]] {
        var parts: [Int: [Int]] = [:]
        for place in parents.keys.sorted() where !taken.contains(place) {
            let way = wayUp(from: place) ?? [place]
            let top = way.firstIndex { taken.contains($0) }.map { way[$0 - 1] } ?? -1
            parts[top, default: []].append(place)
        }
        return parts.sorted { $0.key < $1.key }.map(\.value)
    }

    /// What hangs under a place, itself included.
    func branch(of top: Int) -> [Int] {
        parents.keys.filter { wayUp(from: $0)?.contains(top) == true }.sorted()
    }
}

/// One `STATUS` on its way, without waiting for it.
struct StatusQuestion {
    private let connection: Descriptor
    private var hasAsked = false
    private(set) var answer: JSONValue?
    private(set) var hasEnded = false
    let until = now() + .seconds(2)

    init(_ connection: Descriptor) {
        self.connection = connection
    }

    var request: pollfd {
        pollfd(fd: connection.number, events: Int16(hasAsked ? POLLIN : POLLOUT), revents: 0)
    }

    mutating func isReady() {
        if !hasAsked {
            hasAsked = true
            let message: JSONValue = ["command": "STATUS", "secret": .string(Bench.secret)]
            guard connection.hasConnected,
                connection.write((message.line + "\n").utf8, until: Deadline(within: .milliseconds(20))) == .done
            else { return hasEnded = true }
            return
        }
        guard let reading = connection.readAvailableLine() else { return }
        hasEnded = true
        if case .line(let bytes) = reading { answer = try? JSONParser.parse(bytes) }
    }
}

import Testing

@testable import Tree

/// A client is told of a gap behind all that lies before it (docs/protocol.md#resuming).
@Suite struct GapsInPlaceTests {
    private static let gap = Log.Gap(
        origin: Origin(node: NodeID(9), incarnation: Incarnation(1)), from: 1, through: 3)

    private let bench = NodeBench()

    private func reader() -> ConnectionID {
        let connection = bench.newConnection()
        let login = Login(username: Login.anonymous, features: [Login.gapFeature])
        bench.handle(.received(connection, .login(login)))
        return connection
    }

    private enum Told: Equatable {
        case line
        case gap(Log.Gap)
        case follow
        case unfollow
    }

    private func told(_ effects: [Effect], _ reader: ConnectionID) -> [Told] {
        effects.compactMap { effect in
            switch effect {
            case .show(reader, _): .line
            case .send(reader, .gap(let gap, _)): .gap(gap)
            case .follow(reader, _): .follow
            case .unfollow(reader): .unfollow
            default: nil
            }
        }
    }

    /// Whoever is told at once takes what lies before the gap as read, and misses it at another node.
    @Test func whoFollowsTheLinesIsToldBehindTheEntriesThatAreNotSafeYet() {
        let child = bench.child(7)
        let reader = reader()
        _ = bench.say("hello", on: bench.client())
        #expect(bench.node.log.safe < bench.node.log.stored)
        let learnt = bench.handle(.received(child, .gap(Self.gap, stamp: .zero)))
        #expect(told(learnt, reader) == [.unfollow])
        #expect(told(bench.handle(.unfollowed(reader, at: bench.node.readableEnd)), reader) == [])
        let safe = bench.handle(
            .received(child, .acknowledge(Acknowledgement(stored: 1, safe: 0, confirmed: 0))))
        #expect(told(safe, reader) == [.line, .gap(Self.gap), .follow])
    }

    @Test func whoLagsIsToldBehindTheLinesThatItHasNotGot() {
        let reader = reader()
        let start = bench.node.readableEnd
        _ = bench.say("one", on: bench.client())
        _ = bench.say("two", on: bench.client())
        let child = bench.child(7)
        #expect(told(bench.handle(.received(child, .gap(Self.gap, stamp: .zero))), reader) == [.unfollow])
        let effects = bench.handle(.unfollowed(reader, at: start))
        #expect(told(effects, reader) == [.line, .line, .gap(Self.gap), .follow])
    }

    @Test func whoLogsInBeforeAGapIsToldInItsPlace() {
        let bench = NodeBench { $0.replicas = 2 }
        let (other, maker) = (bench.child(7), bench.child(9))
        let entry = Entry(
            origin: Self.gap.origin, sequence: 1, stamp: Stamp(1),
            body: .activity(Activity(sender: "x", text: Array("m".utf8), retry: nil)))
        let gap = Log.Gap(origin: Self.gap.origin, from: 2, through: 3)
        bench.handle(.received(maker, .entry(entry, hop: 0)))
        bench.handle(.received(maker, .gap(gap, stamp: .zero)))
        #expect(bench.node.log.safe < bench.node.log.stored)
        let reader = bench.newConnection()
        let login = Login(username: Login.anonymous, features: [Login.gapFeature])
        #expect(told(bench.handle(.received(reader, .login(login))), reader) == [])
        let safe = bench.handle(
            .received(other, .acknowledge(Acknowledgement(stored: 1, safe: 0, confirmed: 0))))
        #expect(told(safe, reader) == [.line, .gap(gap), .follow])
    }

    @Test func whoDidNotAskForGapsFollowsTheLinesOn() {
        let child = bench.child(7)
        let client = bench.client()
        #expect(told(bench.handle(.received(child, .gap(Self.gap, stamp: .zero))), client) == [])
    }

    @Test func whoGoesMeanwhileLeavesNothingBehind() {
        let child = bench.child(7)
        let reader = reader()
        bench.handle(.received(child, .gap(Self.gap, stamp: .zero)))
        bench.handle(.closed(reader))
        #expect(told(bench.handle(.unfollowed(reader, at: bench.node.readableEnd)), reader) == [])
        #expect(bench.node.resuming.isEmpty)
    }
}

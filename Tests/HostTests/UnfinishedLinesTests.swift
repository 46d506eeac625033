import Testing
import Tree
import UV

@testable import Host

/// Lines that have begun and not ended.
@Suite struct UnfinishedLinesTests {
    private final class Refused {
        var connections: [ConnectionID] = []
    }

    private func watch(limitBytes: Int, patience: Duration = .seconds(10)) throws -> (Loop, UnfinishedLines, Refused) {
        let loop = try Loop()
        let refused = Refused()
        let lines = UnfinishedLines(on: loop, limitBytes: limitBytes, patience: patience) { connection, _ in
            refused.connections.append(connection)
        }
        return (loop, lines, refused)
    }

    @Test func whoeverHoldsMostGoesFirst() throws {
        let (loop, lines, refused) = try watch(limitBytes: 100)
        for (connection, bytes) in [(1, 40), (2, 50), (3, 10)] {
            lines.note(bytes, of: ConnectionID(UInt64(connection)), isAnother: false, at: 0)
        }
        #expect(refused.connections == [])
        lines.note(11, of: ConnectionID(3), isAnother: false, at: 0)
        #expect(refused.connections == [ConnectionID(2)])
        // What has ended is counted no longer.
        lines.forget(ConnectionID(1))
        lines.note(89, of: ConnectionID(4), isAnother: false, at: 0)
        #expect(refused.connections == [ConnectionID(2)])
        lines.forget(ConnectionID(3))
        lines.note(100, of: ConnectionID(4), isAnother: false, at: 0)
        #expect(refused.connections == [ConnectionID(2)])
        lines.note(101, of: ConnectionID(4), isAnother: false, at: 0)
        #expect(refused.connections == [ConnectionID(2), ConnectionID(4)])
        lines.close()
        loop.close()
    }

    @Test func aLineThatTakesTooLongEndsAndLinesThatFollowOneAnotherDoNot() throws {
        let (loop, lines, refused) = try watch(limitBytes: 100, patience: .milliseconds(1500))
        let start = Loop.monotonicNanoseconds
        lines.note(5, of: ConnectionID(1), isAnother: true, at: start)
        lines.note(5, of: ConnectionID(2), isAnother: true, at: start)
        let busy = Timer(on: loop) {
            let now = Loop.monotonicNanoseconds
            lines.note(6, of: ConnectionID(1), isAnother: false, at: now)
            lines.note(6, of: ConnectionID(2), isAnother: true, at: now)
        }
        busy.start(after: .milliseconds(100), repeating: .milliseconds(100))
        let end = Timer(on: loop) {
            busy.close()
            lines.close()
        }
        end.start(after: .milliseconds(3500))
        loop.run()
        end.close()
        loop.close()
        #expect(refused.connections == [ConnectionID(1)])
    }
}

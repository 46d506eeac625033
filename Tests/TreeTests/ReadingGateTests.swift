import Testing

@testable import Tree

@Suite struct `Whether a client is read from` {
    private let anna = ConnectionID(1)
    private let ben = ConnectionID(2)
    private let carla = ConnectionID(3)

    @Test func `changes back only when its last reason is gone`() {
        var gate = ReadingGate()
        #expect(gate.hold(anna, for: .awaitsAnswer) == .pause(anna))
        #expect(gate.hold(anna, for: .congested) == .pause(anna))
        #expect(gate.release(anna, from: .awaitsAnswer) == nil)
        #expect(gate.isHeld(anna, for: .congested))
        #expect(!gate.isHeld(anna, for: .awaitsAnswer))
        #expect(gate.release(anna, from: .congested) == .resume(anna))
        #expect(!gate.isHeld(anna, for: .congested))
    }

    @Test func `is said again for a reason that is there already, and ends with it`() {
        var gate = ReadingGate()
        #expect(gate.hold(anna, for: .rateLimited) == .pause(anna))
        #expect(gate.hold(anna, for: .rateLimited) == .pause(anna))
        #expect(gate.release(anna, from: .rateLimited) == .resume(anna))
        #expect(gate.release(anna, from: .rateLimited) == nil)
    }

    @Test func `isn't changed by a reason that it never had, nor for a client that is gone`() {
        var gate = ReadingGate()
        #expect(gate.release(anna, from: .congested) == nil)
        _ = gate.hold(anna, for: .parked)
        #expect(gate.release(anna, from: .congested) == nil)
        gate.forget(anna)
        #expect(gate.release(anna, from: .parked) == nil)
        #expect(gate.count == 0)
    }

    @Test func `changes for all who waited for the queue in the order in which they were stopped`() {
        var gate = ReadingGate()
        for client in [carla, anna, ben] { _ = gate.hold(client, for: .backpressure) }
        // Said twice in a turn: it is stopped once.
        _ = gate.hold(anna, for: .backpressure)
        #expect(gate.holdsBack)
        #expect(gate.hasRoom(for: .max) == [.resume(carla), .resume(anna), .resume(ben)])
        #expect(!gate.holdsBack)
        #expect(gate.hasRoom(for: .max) == [])
        #expect(gate.count == 0)
    }

    @Test func `doesn't change with the queue for whom something else holds`() {
        var gate = ReadingGate()
        _ = gate.hold(anna, for: .backpressure)
        _ = gate.hold(ben, for: .backpressure)
        _ = gate.hold(ben, for: .congested)
        _ = gate.hold(carla, for: .congested)
        #expect(gate.hasRoom(for: .max) == [.resume(anna)])
        #expect(gate.release(ben, from: .congested) == .resume(ben))
        #expect(gate.isHeld(carla, for: .congested))
    }

    @Test func `doesn't change with the queue for whom the connection has ended`() {
        var gate = ReadingGate()
        _ = gate.hold(anna, for: .backpressure)
        _ = gate.hold(ben, for: .backpressure)
        gate.forget(anna)
        #expect(gate.hasRoom(for: .max) == [.resume(ben)])
        _ = gate.hold(ben, for: .backpressure)
        gate.forget(ben)
        #expect(!gate.holdsBack)
    }

    @Test func `lets nobody go on who has vanished among thousands, and nobody twice`() {
        var gate = ReadingGate()
        let crowd = (100..<1100).map { ConnectionID($0) }
        for client in crowd + [anna, ben] { _ = gate.hold(client, for: .backpressure) }
        for client in crowd { gate.forget(client) }
        #expect(gate.holdsBack && gate.heldBack == [anna, ben])
        #expect(gate.release(anna, from: .backpressure) == .resume(anna))
        _ = gate.hold(anna, for: .backpressure)
        let resumed = gate.hasRoom(for: .max)
        #expect(resumed.count == 2 && Set(resumed) == [.resume(anna), .resume(ben)])
        #expect(!gate.holdsBack && gate.heldBack == [])
    }
}

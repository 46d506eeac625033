import TLS
import Testing
import Tree

@testable import Host

@Suite struct `The first bytes of a connection` {
    @Test(
        arguments: [
            ([0x16, 3, 1], FirstBytes.tls), ([0x16, 3, 3, 0], .tls), ([0x16, 3, 4], .tls), ([0x16], .undecided),
            ([0x16, 3], .undecided), ([], .undecided), ([0x16, 3, 0x7B], .other), ([0x16, 2, 1], .other),
            ([0x7B], .other), ([0, 20, 0x7B], .other), ([0x16, 4], .other), ([0x47], .undecided),
            ([0x47, 0x45], .undecided),
            (Array("GET / HTTP/1.1".utf8), .http), (Array("POS".utf8), .http), (Array("OPTIONS".utf8), .http),
            (Array("GE{".utf8), .other), (Array("HEL".utf8), .other), (Array("get".utf8), .other),
        ] as [([UInt8], FirstBytes)])
    func `tell TLS and HTTP from lines, and from a length of 5,635 bytes`(bytes: [UInt8], verdict: FirstBytes) {
        #expect(FirstBytes(bytes) == verdict)
    }
}

@Suite struct `Handshakes under way` {
    private func id(_ slot: Int) -> ConnectionID { ConnectionID(slot: slot, use: 0) }

    @Test func `are begun in the order in which they came`() {
        var handshakes = Handshakes(limit: 10)
        handshakes.enqueue(id(1))
        handshakes.enqueue(id(2))
        #expect(handshakes.hasWork)
        #expect(handshakes.next() == id(1))
        #expect(handshakes.next() == id(2))
        #expect(handshakes.next() == nil)
        #expect(!handshakes.hasWork)
    }

    @Test func `get a part of the time while others talk`() {
        let sharing = Settings.Sharing()
        var handshakes = Handshakes(limit: 10, sharing: sharing)
        let most = UInt64(sharing.mostHandshakeTime)
        let start: UInt64 = 1_000_000_000
        #expect(handshakes.sharedTime(at: start) == most)
        handshakes.spent(most + 200_000)
        #expect(handshakes.sharedTime(at: start) == 0)
        #expect(handshakes.sharedTime(at: start + UInt64(200_000 / sharing.handshakes)) == 0)
        #expect(handshakes.sharedTime(at: start + UInt64(300_000 / sharing.handshakes)) == 100_000)
        // What isn't used isn't saved up.
        #expect(handshakes.sharedTime(at: start + 60_000_000_000) == most)
    }

    @Test func `past the limit make the oldest one go, and no one that is through`() {
        var handshakes = Handshakes(limit: 2)
        #expect(handshakes.began(id(1), at: 10) == nil)
        #expect(handshakes.began(id(2), at: 20) == nil)
        handshakes.succeeded(id(1))
        #expect(handshakes.began(id(3), at: 30) == nil)
        #expect(handshakes.late(since: 25) == [id(2)])
        #expect(handshakes.began(id(4), at: 40) == id(2))
        #expect(handshakes.late(since: 25) == [])
        #expect(handshakes.late(since: 41) == [id(3), id(4)])
        handshakes.ended(id(2))
        handshakes.ended(id(3))
        handshakes.ended(id(1))
        #expect(handshakes.completed == 1)
        #expect(handshakes.crowdedOut == 1)
        #expect(handshakes.failed == 1)
    }

    @Test func `are forgotten, however many there were`() {
        var handshakes = Handshakes(limit: 1000)
        for number in 0..<100_000 {
            #expect(handshakes.began(id(number), at: 0) == nil)
            if number > 0 { handshakes.ended(id(number)) }
        }
        #expect(handshakes.failed == 99_999)
        #expect(handshakes.remembered < 200)
    }
}

import Testing

@testable import Tree

@Suite struct `The table of clients` {
    @Test(arguments: 1...20) func `finds whom a dictionary finds, whoever comes and goes`(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var table = ClientTable()
        var model: [ConnectionID: Bool] = [:]
        // Some have an identity, and in some tables nobody.
        let nobody = seed % 3 == 0
        // Few ids make it full and empty again; the high half counts uses, as the shell's ids do.
        let range = UInt64(1) << UInt64.random(in: 3...10, using: &random)
        for _ in 0..<4000 {
            let connection = ConnectionID(
                UInt64.random(in: 0..<range, using: &random) | UInt64.random(in: 0..<3, using: &random) << 32)
            switch Int.random(in: 0..<8, using: &random) {
            case 0...3:
                let wantsGaps = Bool.random(using: &random)
                table[connection, default: Client()].wantsGaps = wantsGaps
                if wantsGaps && !nobody {
                    table[connection]!.identity = .init(
                        user: "\(connection.value)", proof: .none, digest: nil, session: nil)
                } else {
                    table[connection]!.identity = nil
                }
                if seed % 2 == 0, wantsGaps { table[connection]!.address = PeerAddress(connection.value + 1) }
                if !wantsGaps { table[connection]!.address = .loopback }
                model[connection] = wantsGaps
            case 4...6:
                table[connection] = nil
                model[connection] = nil
            default:
                #expect(table.contains(connection) == (model[connection] != nil))
                #expect(table[connection]?.wantsGaps == model[connection])
                let user = model[connection] == true && !nobody ? "\(connection.value)" : nil
                #expect(table[connection]?.identity?.user == user)
                let isFar = model[connection] == true && seed % 2 == 0
                let address = isFar ? PeerAddress(connection.value + 1) : .loopback
                #expect(table[connection].map(\.address) == model[connection].map { _ in address })
            }
            #expect(table.count == model.count)
        }
        #expect(table.connections == model.keys.sorted())
        for connection in table.connections { #expect(table[connection]?.wantsGaps == model[connection]) }
    }

    @Test func `counts what each has said, whoever comes and goes`() {
        var table = ClientTable()
        var said: [ConnectionID: UInt32] = [:]
        var random = RandomNumbers(seed: 7)
        for step in 0..<2000 as Range<UInt64> {
            let connection = ConnectionID(random.next() % 40)
            if step % 7 == 0, said[connection] != nil {
                table[connection] = nil
                said[connection] = nil
            } else if said[connection] == nil {
                table[connection] = Client()
                said[connection] = 0
            } else {
                table.saidMore(connection)
                said[connection]! += 1
            }
        }
        table.saidMore(ConnectionID(99))
        for connection in table.connections { #expect(table[connection]?.record.said == said[connection]) }
        #expect(said.values.contains { $0 > 2 })
    }

    @Test func `takes few bytes for each client`() {
        #expect(MemoryLayout<Client.Traits>.stride <= 8)
        #expect(MemoryLayout<Client.Record>.stride <= 8)
    }
}

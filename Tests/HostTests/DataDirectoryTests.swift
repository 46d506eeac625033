import Foundation
import Testing
import Tree
import UV

@testable import Host

/// What a node keeps over a restart, and what it reports of damaged, lost or replaced files.
@Suite struct DataDirectoryTests {
    private let contact = Contact(node: NodeID(7), incarnation: Incarnation(1), address: Address(host: "h", port: 9))

    private func inFolder(_ story: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/coppice-folder-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try story(folder)
    }

    /// One life of a node in the folder. In it another node becomes known.
    private func live(
        _ folder: String, newID: UInt64 = 50
    ) throws -> (origin: Origin, known: [Contact], findings: [String]) {
        let directory = try DataDirectory(folder)
        defer { directory.release() }
        let origin = try directory.beginLife(newID: NodeID(newID), wallMilliseconds: 1000)
        let known = directory.savedContacts()
        #expect(directory.saving([contact])() == nil)
        return (origin, known, directory.findings)
    }

    @Test func aNewFolderAndALaterLifeReportNothing() throws {
        try inFolder { folder in
            #expect(try live(folder).findings == [])
            let second = try live(folder, newID: 51)
            #expect(second.findings == [])
            #expect(second.origin == Origin(node: NodeID(50), incarnation: Incarnation(1001)))
            #expect(second.known == [contact])
        }
    }

    @Test func theNetworksSecretIsNotWrittenDownAndThoseOfOtherNodesAreKept() throws {
        try inFolder { folder in
            func contact(_ id: UInt64, _ secret: String?) -> Contact {
                Contact(
                    node: NodeID(id), incarnation: Incarnation(1), address: Address(host: "h", port: UInt16(id)),
                    secret: secret.map { Secret($0) })
            }
            func life(networkSecret: String, _ story: (DataDirectory) throws -> Void) throws {
                let directory = try DataDirectory(folder)
                defer { directory.release() }
                directory.networkSecret = Secret(networkSecret)
                _ = try directory.beginLife(newID: NodeID(50), wallMilliseconds: 1000)
                try story(directory)
            }
            let known = [contact(1, "of the network"), contact(2, "of its own"), contact(3, nil)]
            try life(networkSecret: "of the network") { #expect($0.saving(known)() == nil) }
            let text = String(decoding: try Files.read(folder + "/known-nodes"), as: UTF8.self)
            #expect(!text.contains("of the network") && text.contains("of its own"))
            try life(networkSecret: "of the network") { #expect($0.savedContacts() == known) }
            // The network has another secret now.
            try life(networkSecret: "a new one") {
                #expect($0.savedContacts() == [contact(1, "a new one"), contact(2, "of its own"), contact(3, nil)])
            }
        }
    }

    @Test func theSingleLineOfEarlierVersionsIsRead() throws {
        try inFolder { folder in
            _ = try live(folder)
            let line = String(decoding: try Files.read(folder + "/identity"), as: UTF8.self).split(separator: "\n")[0]
            try Files.replace(folder + "/identity", with: Array("\(line)\n".utf8))
            let known = String(decoding: try Files.read(folder + "/known-nodes"), as: UTF8.self)
            let lines = known.split(separator: "\n").filter { !$0.hasPrefix("#") }
            try Files.replace(folder + "/known-nodes", with: Array("\(lines[0])\n".utf8))
            let second = try live(folder, newID: 51)
            #expect(second.origin.node == NodeID(50) && second.known == [contact] && second.findings == [])
        }
    }

    @Test func aDamagedIdentityIsReportedAndSetAside() throws {
        try inFolder { folder in
            _ = try live(folder)
            let right = try Files.read(folder + "/identity")
            var flipped = right
            flipped[3] = flipped[3] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            for damaged in [[], Array("nonsense\n".utf8), Array(right.prefix(right.count / 2 + 4)), flipped] {
                try Files.replace(folder + "/identity", with: damaged)
                let life = try live(folder, newID: 60)
                #expect(life.origin.node == NodeID(60))
                #expect(life.findings.contains { $0.contains("identity is damaged") }, "\(life.findings)")
                #expect(try Files.read(folder + "/identity.damaged") == damaged)
            }
        }
    }

    @Test func lostOrEmptyAccountsAreReported() throws {
        try inFolder { folder in
            func openAccounts() throws -> [String] {
                let directory = try DataDirectory(folder)
                defer { directory.release() }
                _ = try directory.beginLife(newID: NodeID(50), wallMilliseconds: 1000)
                try directory.openAccounts().store.close()
                return directory.findings
            }
            #expect(try openAccounts() == [])
            #expect(try openAccounts() == [])
            try Files.remove(folder + "/accounts.sqlite")
            #expect(try openAccounts().first?.contains("accounts.sqlite was missing or empty") == true)
            #expect(try openAccounts() == [])
            try Files.replace(folder + "/accounts.sqlite", with: [])
            #expect(try openAccounts().first?.contains("accounts.sqlite was missing or empty") == true)
        }
    }

    @Test func aLostIdentityIsReported() throws {
        try inFolder { folder in
            _ = try live(folder)
            try Files.remove(folder + "/identity")
            let life = try live(folder, newID: 60)
            #expect(life.origin.node == NodeID(60))
            #expect(life.findings.contains { $0.contains("identity is missing") }, "\(life.findings)")
        }
    }

    @Test func aReplacedFileIsReported() throws {
        try inFolder { folder in
            try inFolder { other in
                for name in ["identity", "known-nodes"] {
                    _ = try live(folder, newID: 50)
                    _ = try live(other, newID: 70)
                    try Files.replace(folder + "/" + name, with: try Files.read(other + "/" + name))
                    let life = try live(folder)
                    #expect(life.findings.contains { $0.contains("was replaced") }, "\(name): \(life.findings)")
                    #expect(try live(folder).findings == [], "it is said once")
                    try FileManager.default.removeItem(atPath: folder)
                }
            }
        }
    }

    /// `make fuzz` found it: with its end the checksum was lost, and the nodes were believed without it.
    @Test func knownNodesWithADamagedEndAreNotBelieved() throws {
        try inFolder { folder in
            _ = try live(folder)
            var damaged = try Files.read(folder + "/known-nodes")
            damaged[damaged.count - 1] ^= 0x40
            let port = try #require(damaged.lastIndex(of: UInt8(ascii: "}")).map { $0 - 3 })
            damaged[port] ^= 1
            try Files.replace(folder + "/known-nodes", with: damaged)
            let life = try live(folder)
            #expect(life.known == [])
            #expect(life.findings.contains { $0.contains("known-nodes is damaged") }, "\(life.findings)")
        }
    }

    @Test func damagedKnownNodesAreReported() throws {
        try inFolder { folder in
            _ = try live(folder)
            let right = try Files.read(folder + "/known-nodes")
            for damaged in [[], Array("nonsense\n".utf8), Array(right.dropLast(5)), right + Array("more\n".utf8)] {
                try Files.replace(folder + "/known-nodes", with: damaged)
                let life = try live(folder)
                #expect(life.origin.node == NodeID(50))
                #expect(life.findings.contains { $0.contains("known-nodes is damaged") }, "\(life.findings)")
            }
        }
    }
}

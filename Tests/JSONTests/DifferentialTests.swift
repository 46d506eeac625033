import Testing

import struct Tree.RandomNumbers

@testable import JSON

/// Compares our scans with jansson's reading of the same text, over thousands of random documents.
@Suite struct `Against jansson` {
    private static let count: UInt64 = 4000

    @Test func `the scan finds the same members as jansson`() throws {
        var found = 0
        for seed in 0..<Self.count {
            let bytes = RandomDocument.object(seed: seed)
            let members = try JSONObject(parsing: bytes).members
            for key in RandomDocument.keys {
                let range = JSONText.valueRange(ofKey: key, in: bytes)
                guard let expected = members[key] else {
                    #expect(range == nil, "seed \(seed), key \(key)")
                    continue
                }
                let place = try #require(range, "seed \(seed), key \(key)")
                // The range, read as a text of its own, must have the value of the member.
                let alone = try JSONObject(parsing: Array(#"{"v":"#.utf8) + bytes[place] + [UInt8(ascii: "}")])
                #expect(alone.value("v") == expected, "seed \(seed), key \(key)")
                found += 1
            }
        }
        #expect(found > 5000)
    }

    @Test func `setting a member changes no other member`() throws {
        for seed in 0..<Self.count {
            let bytes = RandomDocument.object(seed: seed)
            let key = RandomDocument.keys[Int(seed) % RandomDocument.keys.count]
            let result = JSONText.object(bytes, settingString: key, to: "n\u{e9}w\n")
            #expect(!result.contains(10) && !result.contains(13))
            var expected = try JSONObject(parsing: bytes).members
            expected[key] = nil
            expected[key] = "n\u{e9}w\n"
            let members = try JSONObject(parsing: result).members
            #expect(members == expected, "seed \(seed)")
            // The other members keep their bytes, except for line ends between their parts.
            for other in RandomDocument.keys where other != key {
                let before = JSONText.valueRange(ofKey: other, in: bytes).map { bytes[$0].map(withoutLineEnd) }
                let after = JSONText.valueRange(ofKey: other, in: result).map { Array(result[$0]) }
                #expect(before == after, "seed \(seed), key \(other)")
            }
        }
    }

    @Test func `a written value reads as the same value`() throws {
        for seed in 0..<Self.count {
            let value = JSONValue.object(try JSONObject(parsing: RandomDocument.object(seed: seed)).members)
            let again = JSONValue.object(try JSONObject(parsing: value.encoded).members)
            #expect(again == value, "seed \(seed)")
        }
    }

    @Test func `our strings are jansson's strings`() throws {
        var random = RandomNumbers(seed: 17)
        for _ in 0..<Self.count {
            let scalars = (0..<Int.random(in: 0...20, using: &random)).compactMap { _ -> Unicode.Scalar? in
                let highest: UInt32 = [0x20, 0x7f, 0x3000, 0x10ffff].randomElement(using: &random)!
                return Unicode.Scalar(UInt32.random(in: 1...highest, using: &random))
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            var ours = Array(#"{"v":"#.utf8)
            JSONText.appendString(text, to: &ours)
            ours.append(UInt8(ascii: "}"))
            let object = try JSONObject(parsing: ours)
            #expect(object.string("v", is: text) == true)
        }
    }

    @Test func `no text makes the scans read outside of it`() {
        // Debug builds check every access, so a read outside of the text stops the test.
        var random = RandomNumbers(seed: 1)
        for seed in 0..<Self.count {
            var bytes = RandomDocument.object(seed: seed)
            for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] = Array("\"\\{}[],:u".utf8).randomElement(using: &random)!
                default: bytes.removeLast(min(bytes.count, place))
                }
            }
            for key in RandomDocument.keys {
                if let range = JSONText.valueRange(ofKey: key, in: bytes) { #expect(range.upperBound <= bytes.count) }
            }
            let isAccepted = refusal(bytes) == nil
            let result = JSONText.object(bytes, settingString: "activity", to: "x")
            if isAccepted { #expect(refusal(result) == nil, "seed \(seed)") }
        }
    }

    private func withoutLineEnd(_ byte: UInt8) -> UInt8 {
        byte == 10 || byte == 13 ? UInt8(ascii: " ") : byte
    }
}

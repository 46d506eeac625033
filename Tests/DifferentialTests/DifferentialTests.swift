import Differential
import Testing

import struct Tree.RandomNumbers

/// What is read without a parser is what jansson would have read: a fixed slice of what `make fuzz` searches.
@Suite struct `Reading quickly` {
    @Test(arguments: 0..<8) func `agrees with jansson on lines that went wrong somewhere`(part: UInt64) {
        var decoded = 0
        var scanned = 0
        for seed in part * 4000..<(part + 1) * 4000 {
            let line = MutatedLine(seed: seed).bytes
            let comparison = Comparison(of: line)
            #expect(comparison.disagreement == nil, "seed \(seed): \(String(decoding: line, as: UTF8.self))")
            if comparison.wasDecoded { decoded += 1 }
            if comparison.wasScanned { scanned += 1 }
        }
        // Enough of them on either side for the comparison to mean something.
        #expect(decoded > 400 && scanned > decoded && scanned < 3600, "decoded \(decoded), scanned \(scanned)")
    }

    @Test(arguments: MutatedLine.usual) func `is what happens to usual lines`(line: String) {
        let comparison = Comparison(of: Array(line.utf8))
        #expect(comparison.wasDecoded)
        #expect(comparison.disagreement == nil)
    }

    @Test(arguments: [
        // Refused by jansson.
        #"{"a":1,"a":2}"#, #"{"a":{"b":1,"b":1}}"#, #"{"a":01}"#, #"{"a":-}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":+1}"#,
        #"{"a":1e}"#, #"{"a":"\x"}"#, #"{"a":"\u00"}"#, #"{"a":"\u0000"}"#, #"{"a":"\ud800"}"#, #"{"a":"}"#, #"{"a":}"#,
        #"{"a" 1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":[1,]}"#, #"{"a":[,]}"#, #"{"a":truex}"#, #"{"a":TRUE}"#,
        #"{"a":nul}"#, #"{"a":1}}"#, #"{"a":1}x"#, #"{"a":1"#, #"{"a":{}"#, "[]", "1", "", " ", "{\"a\":\"\u{1f}\"}",
        "{\"a\":\"\n\"}", "\u{feff}{}", "{\"a\":1}\u{0}", #"{a:1}"#, #"{'a':1}"#, #"{"a":NaN}"#, #"{"a":/**/1}"#,
        // Accepted by jansson after some thought, which is left to it.
        #"{"\u0061":1}"#, #"{"a":9223372036854775807}"#, #"{"a":1e3}"#, #"{"a":1.5E-3}"#, #"{"a":"\ud83c\udf33"}"#,
    ])
    func `leaves to jansson`(line: String) {
        let comparison = Comparison(of: Array(line.utf8))
        #expect(!comparison.wasScanned)
    }

    @Test(arguments: [
        "18446744073709551615", "-9223372036854775809", "9223372036854775808", "1e400", "1E+400", "-1e400",
        "123456789012345678901234567890.5", "0.1234567890123456789", "1.5E-400", "-0", "-0.0e0", "0e999",
        "9223372036854775807", "-9223372036854775808", "1000000000000000000", "-1000000000000000000",
    ])
    func `takes numbers of any size inside of an activity, and agrees with jansson everywhere`(number: String) {
        for nested in [number, "[\(number)]", #"{"activity":\#(number)}"#, "[1, \(number) ]"] {
            let inside = Comparison(
                of: Array(#"{"command":"ACTIVITY_MESSAGE","username":"a","activity":{"n":\#(nested)}}"#.utf8))
            #expect(inside.wasDecoded && inside.disagreement == nil, "\(nested)")
            for name in ["n", "secret", "new_secret", "activity_", "cseq"] {
                for user in ["a", "anonymous"] {
                    let fields = #""username":"\#(user)","activity":{},"\#(name)":\#(nested)"#
                    let outside = Comparison(of: Array(#"{"command":"ACTIVITY_MESSAGE",\#(fields)}"#.utf8))
                    #expect(outside.disagreement == nil, "\(fields)")
                }
            }
            let instead = Comparison(
                of: Array(#"{"command":"ACTIVITY_MESSAGE","username":"a","activity":\#(nested)}"#.utf8))
            #expect(instead.disagreement == nil, "\(nested)")
        }
    }

    @Test(arguments: [
        "01", "+1", "NaN", "Infinity", "-", "1.", ".5", "1e", "1e+", "0x10", "--1", "1-1", "00", "-01", "1e400.5",
        "1e4e4",
        "18446744073709551615x", "1 2", "018446744073709551615", "1e400-", "184467440737095516150e", "truee1e400",
        "\"a\"18446744073709551615",
    ])
    func `takes nothing for a number that JSON has not`(number: String) {
        for line in [#"{"command":"ACTIVITY_MESSAGE","username":"a","activity":{"n":\#(number)}}"#, number] {
            let comparison = Comparison(of: Array(line.utf8))
            #expect(!comparison.wasDecoded && !comparison.wasScanned)
            #expect(comparison.disagreement == nil)
        }
    }

    @Test func `agrees with jansson on everything that looks like a number`() {
        var random = RandomNumbers(seed: 7)
        var taken = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...8, using: &random)
            var number = String((0..<length).map { _ in "0019-+.eE".randomElement(using: &random)! })
            // So that some are too big.
            if Bool.random(using: &random) { number += String(repeating: "7", count: 20) }
            let comparison = Comparison(
                of: Array(#"{"command":"ACTIVITY_MESSAGE","username":"a","activity":{"n":\#(number)}}"#.utf8))
            #expect(comparison.disagreement == nil, "\(number)")
            if comparison.wasDecoded { taken += 1 }
        }
        #expect((2000..<18_000).contains(taken), "\(taken)")
    }

    @Test(
        arguments: [
            [0xff], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x8c],
        ] as [[UInt8]])
    func `refuses what is no UTF-8`(text: [UInt8]) {
        let line = Array(#"{"a":""#.utf8) + text + Array(#""}"#.utf8)
        #expect(!Comparison(of: line).wasScanned)
    }

    @Test func `follows the limit on depth`() {
        for depth in 1...6 {
            let line = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
            let comparison = Comparison(of: Array(line.utf8), depthLimit: 4)
            #expect(comparison.wasScanned == (depth <= 4))
            #expect(comparison.disagreement == nil)
        }
    }
}

import Testing

@testable import JSON

/// The reason why a text is refused; nil if it is accepted.
func refusal(_ bytes: [UInt8], depthLimit: Int = JSONObject.defaultDepthLimit) -> JSONError? {
    do {
        _ = try JSONObject(parsing: bytes, depthLimit: depthLimit)
        return nil
    } catch {
        return error
    }
}

func refusal(_ text: String) -> JSONError? {
    refusal(Array(text.utf8))
}

/// A message with these bytes in the middle of a string.
private func message(containing bytes: [UInt8]) -> [UInt8] {
    Array(#"{"command":"LOGIN","username":"a"#.utf8) + bytes + Array(#"b"}"#.utf8)
}

@Suite struct `A received text` {
    @Test(arguments: [
        "", " ", "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":1}}"#, #"{"a":1} {"b":2}"#,
        #"{"a":1}x"#, "\u{feff}{}", "{} // comment", "/**/{}", #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":01}"#,
        #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":0x10}"#, #"{"a":'b'}"#, #"{"a":tru}"#, #"{"a":"b}"#,
        #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"command":"LOGIN","#, "null", "17", #""text""#, "true",
        #"{"a":"\ud800"}"#, #"{"a":"\udc00"}"#, #"{"a":"\ud800\u0041"}"#, "]]]][[[[",
    ])
    func `that is no JSON gets the answer that the protocol prescribes`(text: String) throws {
        let error = try #require(refusal(text))
        #expect(error.description == "JSON parse error while parsing message")
        guard case .syntax = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `has to be an object`() {
        #expect(refusal("[]") == .notAnObject)
        #expect(refusal(#"[{"command":"LOGIN"}]"#) == .notAnObject)
        #expect(refusal(" {} ") == nil)
        #expect(refusal("\t{ \r\n }") == nil)
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"a":2}}"#,
        #"{"x":[{"a":1,"a":2}]}"#, #"{"":1,"":2}"#, #"{"é":1,"\u00e9":2}"#,
    ])
    func `must not have a key twice, anywhere, in any spelling`(text: String) {
        #expect(refusal(text) == .duplicateKey)
    }

    @Test func `may have one key in several objects, and keys that only look alike`() {
        #expect(refusal(#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#) == nil)
        #expect(refusal("{\"\u{e9}\":1,\"e\u{301}\":2}") == nil)
    }

    @Test func `must not have a zero character in a string`() {
        #expect(refusal(#"{"username":"root\u0000x"}"#) == .zeroCharacter)
        #expect(refusal(#"{"user\u0000name":"root"}"#) == .zeroCharacter)
        #expect(refusal(message(containing: [0])) != nil)
        #expect(refusal(Array("{}".utf8) + [0]) != nil)
    }

    @Test func `must not have raw control characters in strings`() {
        for byte in UInt8(0)..<0x20 { #expect(refusal(message(containing: [byte])) != nil, "\(byte)") }
        #expect(refusal(message(containing: [0x7f])) == nil)
        #expect(refusal(message(containing: Array(#"\n\t\u001b"#.utf8))) == nil)
    }

    @Test(
        arguments: [
            [0xff], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xc3], [0xe2, 0x82], [0xfe],
        ] as [[UInt8]])
    func `must be strict UTF-8`(bytes: [UInt8]) {
        #expect(refusal(message(containing: bytes)) == .notUTF8)
    }

    @Test func `keeps unusual characters`() throws {
        for character in ["\u{2028}", "\u{fffe}", "\u{feff}", "\u{10ffff}", "🌳", "e\u{301}"] {
            let object = try JSONObject(parsing: message(containing: Array(character.utf8)))
            let text = object.string("username").map { Array($0.utf8) }
            #expect(text == Array("a\(character)b".utf8))
        }
    }

    @Test func `may have whole numbers of 64 bits`() throws {
        let object = try JSONObject(
            parsing: #"{"max":9223372036854775807,"min":-9223372036854775808,"odd":9007199254740993,"zero":-0}"#)
        #expect(object.int("max") == .max)
        #expect(object.int("min") == .min)
        #expect(object.int("odd") == 9_007_199_254_740_993)
        #expect(object.int("zero") == 0)
        #expect(refusal(#"{"a":9223372036854775808}"#) == .numberTooBig)
        #expect(refusal(#"{"a":-9223372036854775809}"#) == .numberTooBig)
        #expect(refusal(#"{"a":1e400}"#) == .numberTooBig)
        let tiny = try JSONObject(parsing: #"{"a":1e-400}"#)
        #expect(tiny.real("a") == 0)
    }

    @Test func `may have numbers of any size where nobody computes with them`() throws {
        let text = #"{"activity":{"id":18446744073709551615,"x":[1e400,-1E+400,7]},"port":80}"#
        #expect(refusal(text) == .numberTooBig)
        let object = try JSONObject(parsing: text, bigNumbers: .allowedIn(["activity"]))
        #expect(object.int("port") == 80)
        let id = try #require(object.object("activity")?["id"])
        guard case .real = id else {
            Issue.record("\(id)")
            return
        }
        #expect(object.object("activity")?["x"] == .array([id, id, 7]))
        let whole = try JSONObject(parsing: text, bigNumbers: .allowed)
        #expect(whole.int("port") == 80)
        // In other fields such numbers are refused, in whatever way the key is written.
        for (text, isTaken) in [
            (#"{"activity":{},"id":18446744073709551615}"#, false), (#"{"x":{"activity":1e400}}"#, false),
            (#"{"\u0061ctivity":[1e400]}"#, true), (#"{"activity":"1e400","y":1e400}"#, false),
        ] {
            let taken = try? JSONObject(parsing: text, bigNumbers: .allowedIn(["activity"])).count
            #expect((taken != nil) == isTaken, "\(text)")
        }
        for number in ["01", "+1", "NaN", "1e", "1.", "-", "018446744073709551615", "1e400e1", "1e400x", "a1e400"] {
            #expect(throws: JSONError.self, "\(number)") {
                _ = try JSONObject(parsing: #"{"activity":[\#(number)]}"#, bigNumbers: .allowedIn(["activity"]))
            }
        }
    }

    @Test(arguments: ["18446744073709551615", "-9223372036854775809", "1e400", "-1E+400", "2e308"])
    func `may have such numbers in several members, where they read as numbers that are not whole`(
        number: String
    ) throws {
        let text = #"{"s":\#(number),"n" : [{"s":\#(number)}], "i":7}"#
        let object = try JSONObject(parsing: text, bigNumbers: .allowedIn(["n", "s"]))
        #expect(object.has("s") == true)
        #expect(object.kind("s") == .real)
        #expect(object.int("s") == nil)
        #expect(object.string("s") == nil)
        let nested = object.array("n")?.first?["s"]
        #expect(nested != nil && nested == object.members["s"])
        #expect(object.int("i") == 7)
        for names in [[], ["s"], ["n"], ["i"]] as [[StaticString]] {
            #expect(throws: JSONError.numberTooBig, "\(names)") {
                _ = try JSONObject(parsing: text, bigNumbers: .allowedIn(names))
            }
        }
    }

    @Test func `must not be nested deeper than allowed`() {
        func nested(_ levels: Int) -> [UInt8] {
            let open = String(repeating: "[", count: levels - 1)
            let close = String(repeating: "]", count: levels - 1)
            return Array(#"{"a":\#(open)\#(close)}"#.utf8)
        }
        #expect(refusal(nested(64)) == nil)
        #expect(refusal(nested(65)) == .tooDeep(limit: 64))
        #expect(refusal(nested(3), depthLimit: 2) == .tooDeep(limit: 2))
        #expect(refusal(nested(3), depthLimit: 3) == nil)
        // Far deeper than a recursive parser could read.
        #expect(refusal([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep(limit: 64))
        let wide = Array((#"{"a":["# + String(repeating: "[],", count: 500) + "[]]}").utf8)
        #expect(refusal(wide, depthLimit: 3) == nil)
    }

    @Test func `must not have more values than its length allows`() {
        func wide(_ piece: String, _ count: Int) -> [UInt8] {
            Array((#"{"a":["# + Array(repeating: piece, count: count).joined(separator: ",") + "]}").utf8)
        }
        func isScanned(_ line: [UInt8]) -> Bool { StrictScan.accepts(line.span.bytes) { _ in } }
        for piece in ["[]", "0", "{}", #""""#] {
            #expect(refusal(wide(piece, 20_000)) == .tooManyValues(limit: 1024 + wide(piece, 20_000).count / 8))
            #expect(!isScanned(wide(piece, 20_000)))
            #expect(refusal(wide(piece, 500)) == nil)
            #expect((try? JSONObject(parsing: wide(piece, 20_000).span.bytes, mayBeDense: true)) != nil)
            #expect(isScanned(wide(piece, 500)))
        }
        // As many origins as fit into a line.
        let vector = (0..<30_000).map { #""aaaaaaaaaaaaa.1795574909619":\#($0)"# }.joined(separator: ",")
        #expect(refusal(Array(#"{"command":"LOGIN","since":{\#(vector)}}"#.utf8)) == .duplicateKey)
    }

    @Test func `may have brackets in its strings`() {
        let brackets = String(repeating: #"[{\"[\\"#, count: 100)
        #expect(refusal(Array(#"{"a":"\#(brackets)"}"#.utf8), depthLimit: 1) == nil)
    }

    @Test func `is answered with a sentence that repeats nothing of it`() {
        let errors: [JSONError] = [
            .notAnObject, .tooDeep(limit: 64), .tooManyValues(limit: 9), .duplicateKey, .notUTF8, .zeroCharacter,
            .numberTooBig,
        ]
        for error in errors {
            #expect(error.description.hasPrefix("the received message "))
        }
    }
}

@Suite struct `An object's fields` {
    @Test func `are read by their type`() throws {
        let object = try JSONObject(
            parsing: #"{"s":"text","i":17,"r":1.5,"w":1.0,"t":true,"f":false,"n":null,"o":{"x":1},"a":[1,"2"],"e":""}"#)
        #expect(object.count == 10)
        #expect(object.string("s") == "text")
        #expect(object.string("e") == "")
        #expect(object.int("i") == 17)
        #expect(object.real("r") == 1.5)
        #expect(object.real("i") == 17)
        #expect(object.bool("t") == true)
        #expect(object.bool("f") == false)
        #expect(object.object("o") == ["x": 1])
        #expect(object.array("a") == [1, "2"])
        #expect(object.value("n") == .null)
        #expect(object.kind("w") == .real)
        #expect(object.int("w") == nil)
    }

    @Test func `of another type read as absent, but can be told apart`() throws {
        let object = try JSONObject(parsing: #"{"username":17,"activity":"x","secret":null}"#)
        #expect(object.string("username") == nil)
        #expect(object.has("username") == true)
        #expect(object.kind("username") == .integer)
        #expect(object.object("activity") == nil)
        #expect(object.kind("activity") == .string)
        #expect(object.array("activity") == nil)
        #expect(object.bool("secret") == nil)
        #expect(object.kind("secret") == .null)
        #expect(object.has("secret") == false)
        #expect(object.string("nobody") == nil)
        #expect(object.has("nobody") == false)
        #expect(object.kind("nobody") == nil)
        #expect(object.value("nobody") == nil)
    }

    @Test func `are found whatever their key is`() throws {
        let object = try JSONObject(
            parsing: #"{"":1,"a\"b":2,"\u00e9":3,"a very long key, longer than fifteen bytes":4}"#)
        #expect(object.int("") == 1)
        #expect(object.int("a\"b") == 2)
        #expect(object.int("é") == 3)
        #expect(object.int("e\u{301}") == nil)
        #expect(object.int("a very long key, longer than fifteen bytes") == 4)
        // A key that we look for may contain a zero. It must not match the text before the zero.
        #expect(object.int("\u{0}") == nil)
        #expect(object.int("é\u{0}") == nil)
    }

    @Test func `are compared without making a string`() throws {
        let object = try JSONObject(parsing: #"{"command":"LOGIN","port":1}"#)
        #expect(object.string("command", is: "LOGIN") == true)
        #expect(object.string("command", is: "LOGI") == false)
        #expect(object.string("command", is: "LOGOUT") == false)
        #expect(object.string("port", is: "1") == false)
        #expect(object.string("nobody", is: "") == false)
    }

    @Test func `keep their order`() throws {
        let object = try JSONObject(parsing: #"{"z":1,"a":2,"m":{"y":1,"b":2}}"#)
        #expect(object.members.list.map(\.key) == ["z", "a", "m"])
        #expect(object.object("m")?.list.map(\.key) == ["y", "b"])
    }

    @Test func `can be read out of a lent buffer`() throws {
        let buffer = Array(#"xx{"a":1}yy"#.utf8)
        let object = try JSONObject(parsing: buffer.span.extracting(2..<9))
        #expect(object.int("a") == 1)
        let other = try JSONObject(parsing: buffer.span.bytes.extracting(2..<9))
        #expect(other.int("a") == 1)
    }
}

import Testing

@testable import JSON

private func text(_ value: JSONValue) -> String {
    String(decoding: value.encoded, as: UTF8.self)
}

@Suite struct `A value` {
    @Test func `is written compactly and in order`() {
        let value: JSONValue = [
            "z": 1, "a": [true, false, nil, 1.5, "x"], "m": ["y": [:], "b": []], "neg": -17,
        ]
        #expect(text(value) == #"{"z":1,"a":[true,false,null,1.5,"x"],"m":{"y":{},"b":[]},"neg":-17}"#)
        #expect(text("alone") == #""alone""#)
        #expect(text(.integer(.max)) == "9223372036854775807")
        #expect(text(.real(.nan)) == "null")
        #expect(text(.real(-.infinity)) == "null")
        #expect(text(["": ""]) == #"{"":""}"#)
    }

    @Test func `is written as plain UTF-8 on one line`() {
        let value: JSONValue = ["k\n": "line\r\nend \u{1}\u{0} é 🌳 \" \\ / \u{2028}"]
        let bytes = value.encoded
        #expect(!bytes.contains(10) && !bytes.contains(13) && !bytes.contains(0))
        #expect(text(value).contains("é 🌳"))
    }

    @Test func `may be long`() throws {
        let long = String(repeating: "0123456789", count: 10_000)
        let value: JSONValue = ["a": .string(long), "b": .array((0..<1000).map { .integer($0) })]
        var bytes: [UInt8] = Array("before".utf8)
        value.encode(into: &bytes)
        let object = try JSONObject(parsing: bytes.span.extracting(droppingFirst: 6))
        #expect(JSONValue.object(object.members) == value)
        for length in 1000..<1040 {
            let value: JSONValue = ["a": .string(String(long.prefix(length)))]
            let again = try JSONObject(parsing: value.encoded)
            #expect(.object(again.members) == value)
        }
    }

    @Test func `is compared byte by byte`() {
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
        #expect(JSONValue.string("\u{e9}") == JSONValue.string("\u{e9}"))
        #expect(JSONMembers(dictionaryLiteral: ("a", 1)) != ["a": 1.0])
        #expect(["a": 1, "b": 2] as JSONValue != ["b": 2, "a": 1] as JSONValue)
    }

    @Test func `has members that can be set, replaced in place and removed`() {
        var members: JSONMembers = ["a": 1, "b": 2]
        members["c"] = 3
        members["a"] = "new"
        members["b"] = nil
        members["nobody"] = nil
        #expect(members == ["a": "new", "c": 3])
        #expect(members.count == 2)
        #expect(!members.isEmpty)
        let value = JSONValue.object(members)
        #expect(value["a"]?.string == "new")
        #expect(value["c"]?.integer == 3)
        #expect(value["b"] == nil)
        #expect(JSONValue.null["a"] == nil)
        #expect(JSONValue.bool(true).bool == true)
        #expect((["x"] as JSONValue).array == ["x"])
    }
}

import Testing

@testable import JSON

private func value(_ key: String, in text: String) -> String? {
    let bytes = Array(text.utf8)
    return JSONText.valueRange(ofKey: key, in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
}

private func setting(_ key: String, _ value: String, in text: String) -> String {
    String(decoding: JSONText.object(Array(text.utf8), settingString: key, to: value), as: UTF8.self)
}

@Suite struct `The value's place in a text` {
    @Test func `is found for every kind of value, without blanks around it`() {
        let text =
            #" { "s" : "a\"}b" , "n":-1.50e+3 ,"t":true,"z" :null, "o": { "a" : [ "]}" , {} ] } ,"l":[1, 2],"e":{} } "#
        #expect(value("s", in: text) == #""a\"}b""#)
        #expect(value("n", in: text) == "-1.50e+3")
        #expect(value("t", in: text) == "true")
        #expect(value("z", in: text) == "null")
        #expect(value("o", in: text) == #"{ "a" : [ "]}" , {} ] }"#)
        #expect(value("l", in: text) == "[1, 2]")
        #expect(value("e", in: text) == "{}")
        #expect(value("x", in: text) == nil)
        #expect(value("a", in: "{}") == nil)
        #expect(value("a", in: #"{"a":1}"#) == "1")
    }

    @Test func `is that of the top-level member, not of a nested one or of a string that looks like it`() {
        #expect(value("activity", in: #"{"x":{"activity":1},"y":"\"activity\":2","activity":3}"#) == "3")
        #expect(value("activity", in: #"{"x":{"activity":1},"y":["activity",{"activity":2}]}"#) == nil)
        #expect(value("x", in: #"{"activity":"x","b":"x"}"#) == nil)
    }

    @Test func `is found under escaped keys`() {
        #expect(value("activity", in: #"{"\u0061ctivity":1}"#) == "1")
        #expect(value("activity", in: #"{"\u0061\u0063\u0074\u0069\u0076\u0069\u0074\u0079":1}"#) == "1")
        #expect(value("a/b", in: #"{"a\/b":1}"#) == "1")
        #expect(value("🌳", in: #"{"\ud83c\udf33":1}"#) == "1")
        #expect(value("🌳", in: #"{"🌳":1}"#) == "1")
        #expect(value("é", in: #"{"\u00E9":1}"#) == "1")
        #expect(value("\"\\\u{8}\u{c}\n\r\t", in: #"{"\"\\\b\f\n\r\t":1}"#) == "1")
        #expect(value("", in: #"{"":1}"#) == "1")
        #expect(value("", in: #"{"a":2,"":1}"#) == "1")
        // As long as the key, but with an escape: another key.
        #expect(value(#"a\nb"#, in: #"{"a\nb":1}"#) == nil)
        #expect(value("a\nb", in: #"{"a\nb":1}"#) == "1")
        #expect(value("e\u{301}", in: #"{"é":1}"#) == nil)
    }

    @Test func `is an offset into the given bytes`() {
        let buffer = Array(#"junk{"a":17}junk"#.utf8)
        #expect(JSONText.valueRange(ofKey: "a", in: buffer.span.extracting(4..<12)) == 5..<7)
        #expect(JSONText.valueRange(ofKey: "a", in: buffer.span.bytes.extracting(4..<12)) == 5..<7)
    }
}

@Suite struct `Setting a member in a text` {
    @Test(arguments: [
        (#"{}"#, #"{"u":"v"}"#),
        (#" { } "#, #"{ "u":"v"}"#),
        (#"{"u":"old"}"#, #"{"u":"v"}"#),
        (#"{"a":1}"#, #"{"a":1,"u":"v"}"#),
        (#"{"a":1,"u":2}"#, #"{"a":1,"u":"v"}"#),
        (#"{"u":2,"a":1}"#, #"{"a":1,"u":"v"}"#),
        (#"{"a":1,"u":{"u":[]},"b":2}"#, #"{"a":1,"b":2,"u":"v"}"#),
        (#"{ "a" : 1.0 , "u" : 2 , "b" : 1e5 }"#, #"{ "a" : 1.0 , "b" : 1e5 ,"u":"v"}"#),
        (#"{ "u" : 2 , "b" : 00 }"#, #"{ "b" : 00 ,"u":"v"}"#),
        (#"{"a":1,"\u0075":2,"b":3}"#, #"{"a":1,"b":3,"u":"v"}"#),
        (#"{"a":{"u":1}}"#, #"{"a":{"u":1},"u":"v"}"#),
        (#"{"a":"u","b":["u"]}"#, #"{"a":"u","b":["u"],"u":"v"}"#),
        // The parser refuses these texts. If one came here all the same, none of the old members may stay.
        (#"{"u":1,"u":2,"a":3,"u":4,"u":5}"#, #"{"a":3,"u":"v"}"#),
        (#"{"u":1,"u":2}"#, #"{"u":"v"}"#),
    ])
    func `replaces it and leaves every other byte`(before: String, after: String) {
        #expect(setting("u", "v", in: before) == after)
    }

    @Test func `keeps numbers as they were written`() {
        let text = #"{"big":123456789012345678901234567890,"tiny":1e-400,"exact":9007199254740993.0,"z":-0}"#
        let expected = text.dropLast() + #","authenticated_user":"alice"}"#
        #expect(setting("authenticated_user", "alice", in: text) == expected)
    }

    @Test func `escapes what it sets`() throws {
        let name = "q\" b\\ \u{1}\u{1f}\n\r\t\u{8}\u{c} é 🌳 /"
        let text = setting("k\"", name, in: "{}")
        #expect(text == #"{"k\"":"q\" b\\ \u0001\u001f\n\r\t\b\f é 🌳 /"}"#)
        let object = try JSONObject(parsing: text)
        #expect(object.string("k\"").map { Array($0.utf8) } == Array(name.utf8))
    }

    @Test func `leaves no line end in the text`() {
        #expect(setting("u", "v", in: "{\r\n\"a\":\n1\r}") == #"{  "a": 1 ,"u":"v"}"#)
    }

    @Test func `appends to what is there`() {
        var line = Array("line\n".utf8)
        JSONText.appendObject(Array("{}".utf8).span.bytes, settingString: "a", to: "b", into: &line)
        JSONText.appendString("", to: &line)
        #expect(String(decoding: line, as: UTF8.self) == "line\n{\"a\":\"b\"}\"\"")
    }
}

@Suite struct `A text for people` {
    @Test(arguments: [
        (#"{ "a" : 1.10 , "u" : "x", "b":[ 1e400 ,-0] }"#, #"{"a":1.10,"b":[1e400,-0]}"#),
        (#"{"id":18446744073709551615,"u":"x"}"#, #"{"id":18446744073709551615}"#),
        (#"{"u":"x"}"#, "{}"), ("{}", "{}"),
        (#"{"u":1,"a b":"c d\u0020\u00fc\/\n\u001b"}"#, #"{"a b":"c d ü/\n\u001b"}"#),
        (#"{"o":{"u":"stays"},"u":{}}"#, #"{"o":{"u":"stays"}}"#),
    ])
    func `has no blanks, and keeps its numbers`(text: String, expected: String) {
        #expect(String(decoding: JSONText.compact(Array(text.utf8), without: "u"), as: UTF8.self) == expected)
    }
}

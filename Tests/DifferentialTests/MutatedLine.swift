import struct Tree.RandomNumbers

/// Lines as nodes and clients write them, with something done to them.
struct MutatedLine {
    private(set) var bytes: [UInt8]

    static let usual = [
        #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{"text":"hello"}}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"ann","secret":"s3cret","activity":{"n":1.10,"t":"ü\n"},"cseq":7}"#,
        #" { "activity" : { } , "username" : "🌳" , "command" : "ACTIVITY_MESSAGE" , "more" : [ null , -0 , 0.5 ] } "#,
        #"{"command":"ACTIVITY_BROADCAST","hop":2,"activity":{"text":"hello","authenticated_user":"ann"},"id":"#
            + #""aaaaaaaaaaaab.1795376500724.12","stamp":"470632009484697600","session":"abc","cseq":3,"copies":2}"#,
        #"{"command":"ACTIVITY_BROADCAST","hop":0,"activity":{"authenticated_user":"anonymous"},"id":"#
            + #""p777777777777.1.1","stamp":"1","copies":1}"#,
        #"{"command":"ACKNOWLEDGE","stored":12,"safe":11,"confirmed":0}"#,
        #"{"activity":{"message":"hi"},"secret":null,"command":"ACTIVITY_MESSAGE","username":"anonymous","cseq":null}"#,
        #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","secret":"s","activity":{"id":18446744073709551615,"#
            + #""r":[1e400,-0,1E+400,-2.5e-7]}}"#,
    ]

    private static let tokens = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\t", "\n", "\r", "0", "-", ".", "e", "1e400", "\\u0041",
        "1E+400", "-0", "01", "+1", "NaN", "18446744073709551615", "-9223372036854775809", "2e308", "null,",
        "\\u0000",
        "\\ud83c", "\\udf33", "\\\"", "\u{7f}", "\u{1}", "ü", "🌳", "true", "null", "\"command\":", "\"activity\":{},",
        "\"username\":\"x\",", "\"cseq\":0,", "\"hop\":256,", "\"id\":\"a.1.1\",", "\"stamp\":\"+5\",",
        "\"session\":1,", "\"secret\":null,", "\"secret\":1e400,", "\"new_secret\":[-9223372036854775809],",
        "9223372036854775808", "999999999999999999", "LOGIN", "\"authenticated_user\":\"\\n\"",
    ]

    init(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        bytes = Array(Self.usual.randomElement(using: &random)!.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(&random) }
    }

    private mutating func mutate(_ random: inout RandomNumbers) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes.insert(contentsOf: Self.tokens.randomElement(using: &random)!.utf8, at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...4, using: &random)))
        case 2: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
        case 3: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random) }
        case 4:
            // A piece of it once more, somewhere.
            let end = min(bytes.count, place + Int.random(in: 1...24, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 5:
            let other = Array(Self.usual.randomElement(using: &random)!.utf8)
            bytes.replaceSubrange(place..., with: other[min(place, other.count)...])
        default:
            // Blanks between parts are no mutation at all.
            if let comma = bytes.indices.filter({ bytes[$0] == UInt8(ascii: ",") }).randomElement(using: &random) {
                bytes.insert(UInt8(ascii: " "), at: comma)
            }
        }
    }
}

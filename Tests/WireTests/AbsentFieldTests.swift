import JSON
import Testing
import Tree

@testable import Wire

/// Some clients write `null` for what they don't have. A field that is null counts as absent.
@Suite struct AbsentFieldTests {
    /// The result of reading a line: a message, or the reason why it is refused.
    private enum Reading: Equatable {
        case message(Message)
        case complaint(String)
    }

    private func read(_ value: JSONValue) -> Reading { read(value.encoded) }

    private func read(_ line: [UInt8]) -> Reading {
        do { return .message(try Decoding.message(line.span.bytes)) } catch {
            return .complaint(error.info)
        }
    }

    private func tree(of message: Message) throws -> JSONMembers {
        var line = Encoding.line(of: message)
        line.removeLast()
        return try JSONObject(parsing: line, bigNumbers: .allowedIn(["activity"])).members
    }

    /// Variants of the object. In each, one field of the object or of an object inside of it is changed.
    private func variants(
        of object: JSONMembers, _ change: (inout JSONMembers, String) -> Void
    ) -> [(field: String, JSONMembers)] {
        var all: [(String, JSONMembers)] = []
        for member in object.list {
            var changed = object
            change(&changed, member.key)
            all.append((member.key, changed))
            // The content of an activity belongs to the users.
            guard member.key != "activity" else { continue }
            for (inner, value) in variants(of: member.value, change) {
                var changed = object
                changed[member.key] = value
                all.append(("\(member.key).\(inner)", changed))
            }
        }
        return all
    }

    private func variants(
        of value: JSONValue, _ change: (inout JSONMembers, String) -> Void
    ) -> [(field: String, JSONValue)] {
        switch value {
        case .object(let members): return variants(of: members, change).map { ($0.field, .object($0.1)) }
        case .array(let elements):
            return elements.indices.flatMap { index in
                variants(of: elements[index], change).map { inner, value in
                    var changed = elements
                    changed[index] = value
                    return ("\(index).\(inner)", .array(changed))
                }
            }
        default: return []
        }
    }

    @Test(arguments: RoundTripTests.messages) func aFieldThatIsNullCountsAsAbsent(_ message: Message) throws {
        let object = try tree(of: message)
        let nulls = variants(of: object) { $0[$1] = .null }
        let removed = variants(of: object) { $0[$1] = nil }
        #expect(nulls.map(\.field) == removed.map(\.field) && !nulls.isEmpty)
        for (null, absent) in zip(nulls, removed) {
            #expect(read(.object(null.1)) == read(.object(absent.1)), "\(null.field) of \(object["command"]!)")
        }
    }

    @Test(arguments: RoundTripTests.messages) func anAdditionalNullFieldChangesNothing(_ message: Message) throws {
        let object = try tree(of: message)
        let asItIs = read(.object(object))
        for key in try Set(RoundTripTests.messages.flatMap { try tree(of: $0).list.map(\.key) }) {
            guard object[key] == nil else { continue }
            var more = object
            more[key] = .null
            #expect(read(.object(more)) == asItIs, "\(key) of \(object["command"]!)")
        }
    }

    @Test(arguments: [
        (#"{"command":"LOGIN","username":null}"#, "username"),
        (#"{"command":"REGISTER","username":"a","secret":null}"#, "secret"),
        (#"{"command":"REGISTER","username":null,"secret":"s"}"#, "username"),
        (#"{"command":"ACTIVITY_MESSAGE","username":"a","secret":"s","activity":null}"#, "activity"),
        (#"{"command":"ACTIVITY_MESSAGE","username":null,"activity":{}}"#, "username"),
        (#"{"command":"ACTIVITY_MESSAGE","username":null,"serial":null,"activity":{}}"#, "username"),
        (#"{"command":"AUTHENTICATE","secret":null}"#, "secret"),
        (#"{"command":"ADMINISTER","secret":null}"#, "action"),
        (#"{"command":"PROBE","sender":null}"#, "sender"),
    ])
    func aFieldThatIsNeededAndNullIsMissing(line: String, field: String) {
        #expect(read(Array(line.utf8)) == .complaint(WireError.missing(field).info))
    }

    @Test(arguments: [
        "null", "5", "{}", "[]", "true", #""""#, #""s""#, "18446744073709551615", "1e400", "[-1e400]",
        #"{"secret":[18446744073709551615,{"x":1E+400}]}"#,
    ])
    func aSecretBesideTheNameAnonymousIsNotLookedAt(secret: String) {
        let fields = #""username":"anonymous","secret":\#(secret)"#
        let login = Message.login(Login(username: "anonymous"))
        #expect(read(Array(#"{"command":"LOGIN",\#(fields)}"#.utf8)) == .message(login))
        let said = ActivityMessage(username: "anonymous", secret: nil, text: Array("{}".utf8))
        for fields in [fields, #""secret":\#(secret),"username":"anonymous""#] {
            let line = #"{"command":"ACTIVITY_MESSAGE",\#(fields),"activity":{}}"#
            #expect(read(Array(line.utf8)) == .message(.activity(said)), "\(line)")
        }
        let nobody = Message.register(username: "anonymous", secret: Secret(""))
        #expect(read(Array(#"{"command":"REGISTER",\#(fields)}"#.utf8)) == .message(nobody))
        let change = SecretChange(username: "anonymous", secret: Secret(""), newSecret: Secret(""))
        for fields in [fields, #"\#(fields),"new_secret":\#(secret)"#] {
            #expect(read(Array(#"{"command":"CHANGE_SECRET",\#(fields)}"#.utf8)) == .message(.changeSecret(change)))
        }
        // The name in another spelling is a name like any other.
        let other = read(Array(#"{"command":"LOGIN","username":"Anonymous","secret":\#(secret)}"#.utf8))
        switch secret {
        case "null": #expect(other == .message(.login(Login(username: "Anonymous"))))
        case #""""#, #""s""#: #expect(other != .message(.login(Login(username: "Anonymous"))))
        default: #expect(other == .complaint("the field secret is not a string"))
        }
    }

    @Test(arguments: ["5", "18446744073709551615", "-1e400", "[1e400]", #"{"x":1e400}"#])
    func aSecretOfAUserIsAString(secret: String) {
        let fields = #""username":"anna","activity":{}"#
        for (command, other) in [
            ("LOGIN", ""), ("REGISTER", ""), ("ACTIVITY_MESSAGE", ""), ("AUTHENTICATE", ""),
            ("CHANGE_SECRET", #","new_secret":"n""#),
        ] {
            let line = #"{"command":"\#(command)",\#(fields),"secret":\#(secret)\#(other)}"#
            #expect(read(Array(line.utf8)) == .complaint("the field secret is not a string"), "\(command)")
        }
        let line = #"{"command":"CHANGE_SECRET",\#(fields),"secret":"s","new_secret":\#(secret)}"#
        #expect(read(Array(line.utf8)) == .complaint("the field new_secret is not a string"))
    }

    @Test(arguments: ["18446744073709551615", "1e400", "[1e400]"])
    func anActivityIsAnObjectHoweverBigANumberIs(activity: String) {
        let line = #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":\#(activity)}"#
        #expect(read(Array(line.utf8)) == .complaint("the field activity is not an object"))
    }

    @Test(arguments: ["username", "session", "cseq", "since", "more", "mysecret", "hop", "id", "command"])
    func aNumberThatIsTooBigIsRefusedEverywhereElse(field: String) {
        for number in ["18446744073709551615", "1e400", "[1e400]", #"{"secret":1e400}"#] {
            let line = #"{"\#(field)":\#(number),"secret":1e400}"#
            #expect(read(Array(line.utf8)) == .complaint("the received message has a number that is too big"))
        }
    }

    @Test func aMessageWithoutANameHasNoSecretEither() {
        let said = ActivityMessage(username: nil, secret: nil, text: Array("{}".utf8))
        for secret in ["null", "5", #""s""#] {
            let line = #"{"command":"ACTIVITY_MESSAGE","serial":"1","username":null,"secret":\#(secret),"activity":{}}"#
            #expect(read(Array(line.utf8)) == .message(.activity(said)))
        }
    }
}

import Testing

// MARK: - What is said to whoever does something wrong

/// A line, on a connection that stands so, and the answer to it, word for word; the connection ends then.
struct AnswerRow: CustomTestStringConvertible, Sendable {
    enum Standing: Sendable { case new, anonymous, alice, registered }

    let standing: Standing
    let line: String
    let command: String
    let info: String

    init(_ standing: Standing, _ line: String, _ info: String, _ command: String = "INVALID_MESSAGE") {
        (self.standing, self.line, self.command, self.info) = (standing, line, command, info)
    }

    var testDescription: String { "\(standing): \(line.prefix(100))" }

    private static let noField = "the message did not contain the field "
    private static let ofServers = "the command is for authenticated servers only"
    private static let mismatch = "username and secret do not match the logged in the user"

    static let lines: [AnswerRow] = [
        AnswerRow(.new, "hello", "JSON parse error while parsing message"),
        AnswerRow(.new, "[1]", "the received message is not a JSON object"),
        AnswerRow(.new, "{}", "the received message did not contain a command"),
        AnswerRow(.new, #"{"command":5}"#, "the received message did not contain a command"),
        AnswerRow(.new, #"{"command":"LOGIN","a":1,"a":2}"#, "the received message has a key twice in one object"),
        AnswerRow(.new, #"{"command":"\u0000"}"#, "the received message has a zero character in a string"),
        AnswerRow(.new, #"{"command":1e400}"#, "the received message has a number that is too big"),
        AnswerRow(
            .new, #"{"a":"# + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
            "the received message is nested deeper than 64 levels"),
        AnswerRow(.new, String(repeating: "x", count: 70_000), "the line is longer than 65536 bytes"),
        AnswerRow(.new, #"{"command":"NO_SUCH"}"#, "unknown message"),
        AnswerRow(.new, #"{"command":"login"}"#, "unknown message"),
    ]

    static let fields: [AnswerRow] = [
        AnswerRow(.new, #"{"command":"LOGIN"}"#, noField + "username"),
        AnswerRow(.new, #"{"command":"LOGIN","username":5}"#, "the field username is not a string"),
        AnswerRow(.new, #"{"command":"LOGIN","username":"alice"}"#, noField + "secret"),
        AnswerRow(.new, #"{"command":"LOGIN","username":"alice","secret":5}"#, "the field secret is not a string"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"anonymous","since":5}"#, "the field since is not an object"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"anonymous","since":{"a":1}}"#,
            "the field since is not a version vector"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"anonymous","session":""}"#,
            "the field session is not 1 to 64 bytes long"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"anonymous","features":"gap"}"#,
            "the field features is not an array"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"anonymous","features":[1]}"#,
            "the field features is not an array of strings"),
        AnswerRow(.new, #"{"command":"REGISTER","secret":"s"}"#, noField + "username"),
        AnswerRow(.new, #"{"command":"REGISTER","username":"bob"}"#, noField + "secret"),
        AnswerRow(.new, #"{"command":"REGISTER","username":"","secret":"s"}"#, "the username is empty"),
        AnswerRow(
            .new, #"{"command":"REGISTER","username":"\#(String(repeating: "x", count: 129))","secret":"s"}"#,
            "the username is longer than 128 bytes"),
        AnswerRow(
            .new, #"{"command":"REGISTER","username":"bob","secret":"\#(String(repeating: "x", count: 1025))"}"#,
            "the secret is longer than 1024 bytes"),
        AnswerRow(.anonymous, #"{"command":"ACTIVITY_MESSAGE","username":"anonymous"}"#, noField + "activity"),
        AnswerRow(
            .anonymous, #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":"x"}"#,
            "the field activity is not an object"),
        AnswerRow(.anonymous, #"{"command":"ACTIVITY_MESSAGE","activity":{}}"#, noField + "username"),
        AnswerRow(
            .anonymous, #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{},"cseq":0}"#,
            "the field cseq is not a whole number from 1 on"),
        AnswerRow(.alice, #"{"command":"ACTIVITY_MESSAGE","username":"alice","activity":{}}"#, noField + "secret"),
        AnswerRow(.new, #"{"command":"AUTHENTICATE"}"#, noField + "secret"),
        AnswerRow(.new, #"{"command":"ADMINISTER","secret":"x"}"#, noField + "action"),
        AnswerRow(
            .new, #"{"command":"ADMINISTER","secret":"x","action":"y"}"#,
            "the field action is not one of those in docs/protocol.md#administration"),
        AnswerRow(.new, #"{"command":"SERVER_ANNOUNCE"}"#, noField + "id"),
        AnswerRow(
            .new, #"{"command":"SERVER_ANNOUNCE","id":"x","hostname":"","port":1,"load":1}"#,
            "the field hostname is empty"),
        AnswerRow(
            .new, #"{"command":"SERVER_ANNOUNCE","id":"x","hostname":"h","port":0,"load":1}"#,
            "the field port is not a whole number from 1 to 65535"),
        AnswerRow(
            .new, #"{"command":"SERVER_ANNOUNCE","id":"x","hostname":"h","port":65536,"load":1}"#,
            "the field port is not a whole number from 0 to 65535"),
        AnswerRow(
            .new, #"{"command":"SERVER_ANNOUNCE","id":"x","hostname":"h","port":1,"load":"x"}"#,
            "the field load is not a whole number"),
        AnswerRow(.new, #"{"command":"LOCK_REQUEST","username":"x"}"#, noField + "secret"),
        AnswerRow(.new, #"{"command":"HEARTBEAT"}"#, noField + "label"),
        AnswerRow(.new, #"{"command":"GAP","origin":"x"}"#, noField + "from"),
        AnswerRow(.new, #"{"command":"PROBE"}"#, noField + "sender"),
    ]

    /// Commands that have no place there. What servers answer is unknown to a server.
    static let commands: [AnswerRow] =
        [Standing.new, .anonymous, .alice].flatMap { standing in
            [
                AnswerRow(standing, #"{"command":"LOGIN_SUCCESS"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"LOGIN_FAILED"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"REGISTER_SUCCESS"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"REGISTER_FAILED","info":"x"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"REDIRECT","hostname":"h","port":1}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"NOTICE","info":"x"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"ADMINISTERED","info":"x"}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"STATUS","nodes":[],"complete":true}"#, "unknown message"),
                AnswerRow(standing, #"{"command":"ACTIVITY_BROADCAST","activity":{}}"#, ofServers),
                AnswerRow(
                    standing, #"{"command":"SERVER_ANNOUNCE","id":"x","hostname":"h","port":1,"load":1}"#, ofServers),
                AnswerRow(standing, #"{"command":"LOCK_REQUEST","username":"x","secret":"s"}"#, ofServers),
                AnswerRow(standing, #"{"command":"LOCK_DENIED","username":"x","secret":"s"}"#, ofServers),
                AnswerRow(standing, #"{"command":"LOGIN_REQUEST","username":"x","secret":"s"}"#, ofServers),
                AnswerRow(standing, #"{"command":"ACKNOWLEDGE","stored":1,"safe":1,"confirmed":1}"#, ofServers),
                AnswerRow(standing, #"{"command":"SYNCHRONISED"}"#, ofServers),
            ]
        }
        + [
            #"{"command":"AUTHENTICATE","secret":"x"}"#, #"{"command":"STATUS","secret":"x"}"#,
            #"{"command":"ADMINISTER","secret":"x","action":"list"}"#,
        ].map {
            AnswerRow(
                .anonymous, $0, "this connection is a client's: the command has to be the first one of a connection")
        }

    static let refusals: [AnswerRow] = [
        AnswerRow(
            .new, #"{"command":"AUTHENTICATE","secret":"x"}"#, "the supplied secret is incorrect: x",
            "AUTHENTICATION_FAIL"),
        AnswerRow(
            .new, #"{"command":"STATUS","secret":"x"}"#, "the supplied secret is incorrect", "AUTHENTICATION_FAIL"),
        AnswerRow(
            .new, #"{"command":"STATUS","secret":null}"#, "the supplied secret is incorrect", "AUTHENTICATION_FAIL"),
        AnswerRow(
            .new, #"{"command":"ADMINISTER","secret":"x","action":"list"}"#, "the supplied secret is incorrect",
            "AUTHENTICATION_FAIL"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"alice","secret":"x"}"#, "attempt to login with wrong secret",
            "LOGIN_FAILED"),
        AnswerRow(
            .new, #"{"command":"LOGIN","username":"nobody","secret":"x"}"#, "attempt to login with wrong secret",
            "LOGIN_FAILED"),
        AnswerRow(
            .anonymous, #"{"command":"LOGIN","username":"alice","secret":"x"}"#, "attempt to login with wrong secret",
            "LOGIN_FAILED"),
        AnswerRow(
            .anonymous, #"{"command":"REGISTER","username":"alice","secret":"x"}"#,
            "alice is already registered with the system", "REGISTER_FAILED"),
        AnswerRow(
            .new, #"{"command":"REGISTER","username":"anonymous","secret":"x"}"#,
            "anonymous is for clients without a name: register another one", "REGISTER_FAILED"),
        AnswerRow(
            .new, #"{"command":"REGISTER","username":"Anonymous","secret":"x"}"#,
            "Anonymous is for clients without a name: register another one", "REGISTER_FAILED"),
        AnswerRow(
            .alice, #"{"command":"REGISTER","username":"bob","secret":"x"}"#, "client has already logged in"),
        AnswerRow(
            .new, #"{"command":"ACTIVITY_MESSAGE","username":"anonymous","activity":{}}"#, "client not login",
            "AUTHENTICATION_FAIL"),
        AnswerRow(
            .registered, #"{"command":"ACTIVITY_MESSAGE","username":"carol","secret":"s","activity":{}}"#,
            "client not login", "AUTHENTICATION_FAIL"),
        AnswerRow(
            .anonymous, #"{"command":"ACTIVITY_MESSAGE","username":"alice","secret":"s","activity":{}}"#, mismatch,
            "AUTHENTICATION_FAIL"),
        AnswerRow(
            .alice, #"{"command":"ACTIVITY_MESSAGE","username":"alice","secret":"x","activity":{}}"#, mismatch,
            "AUTHENTICATION_FAIL"),
    ]
}

extension RealPrograms.BaseProtocolTests {
    @Test(arguments: [AnswerRow.lines, AnswerRow.fields, AnswerRow.commands, AnswerRow.refusals])
    func `Whoever does something wrong is told what, in these words`(rows: [AnswerRow]) throws {
        try onBench { bench in
            let node = try bench.node()
            try bench.connect(to: node).register("alice", "s")
            try bench.connect(to: node).register("carol", "s")
            for (number, row) in rows.enumerated() {
                let client = try bench.connect(to: node, row.testDescription)
                switch row.standing {
                case .new: break
                case .anonymous: try client.login()
                case .alice: try client.login(as: "alice", secret: "s")
                case .registered: try client.register("new\(number)", "s")
                }
                client.sendAnyway(bytes: Array(row.line.utf8) + [10])
                try client.expectRefusal(row.command, row.info)
            }
        }
    }
}

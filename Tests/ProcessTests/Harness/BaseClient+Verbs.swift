/// Conversations of the base protocol, as its clients have them.
extension BaseClient {
    static let wrongSecretInfo: JSONValue = "attempt to login with wrong secret"

    /// Logs in and waits for the answer.
    @discardableResult
    func login(
        as username: String = "anonymous", secret: String? = nil, file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        try sendLogin(as: username, secret: secret, file: file, line: line)
        return try expect("LOGIN_SUCCESS", ["info": .string("logged in as user \(username)")], file: file, line: line)
    }

    func sendLogin(
        as username: String = "anonymous", secret: String? = nil, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        var message: [String: JSONValue] = ["command": "LOGIN", "username": .string(username)]
        message["secret"] = secret.map { .string($0) }
        try send(.object(message), file: file, line: line)
    }

    func sendRegister(
        _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try send(
            ["command": "REGISTER", "username": .string(username), "secret": .string(secret)], file: file, line: line)
    }

    /// Registers a name and waits for the success.
    func register(
        _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try sendRegister(username, secret, file: file, line: line)
        try expect(
            "REGISTER_SUCCESS", ["info": .string("register success for \(username)")], file: file, line: line)
    }

    /// Registers a name that is taken, and expects a refusal and the end of the connection.
    func registerInVain(
        _ username: String, _ secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try sendRegister(username, secret, file: file, line: line)
        try expectRefusedName(username, file: file, line: line)
    }

    func expectRefusedName(_ username: String, file: StaticString = #fileID, line: UInt = #line) throws {
        try expect(
            "REGISTER_FAILED", ["info": .string("\(username) is already registered with the system")], file: file,
            line: line)
        try expectEnd(file: file, line: line)
    }

    /// Logs in with a wrong name or secret, and expects a refusal and the end of the connection.
    func loginInVain(
        as username: String, secret: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try sendLogin(as: username, secret: secret, file: file, line: line)
        try expect("LOGIN_FAILED", ["info": Self.wrongSecretInfo], file: file, line: line)
        try expectEnd(file: file, line: line)
    }

    /// Sends an activity.
    func say(
        _ activity: JSONValue, as username: String = "anonymous", secret: String? = nil,
        file: StaticString = #fileID, line: UInt = #line
    ) throws {
        var message: [String: JSONValue] = [
            "command": "ACTIVITY_MESSAGE", "username": .string(username), "activity": activity,
        ]
        message["secret"] = secret.map { .string($0) }
        try send(.object(message), file: file, line: line)
    }

    /// Expects that the next message is the broadcast of exactly this activity.
    @discardableResult
    func hear(
        _ activity: JSONValue, from username: String = "anonymous", within: Duration = patience,
        file: StaticString = #fileID, line: UInt = #line
    ) throws -> JSONValue {
        var members = activity.members ?? [:]
        members["authenticated_user"] = .string(username)
        return try expect(
            "ACTIVITY_BROADCAST", ["activity": .object(members)], within: within, file: file, line: line)
    }

    /// Expects that the next message is an INVALID_MESSAGE that says what is wrong, and that the connection then ends.
    ///
    /// `words`: the info must contain one of them, in any case. Without words, any info that isn't empty will do.
    func expectInvalid(
        saying words: [String] = [], skipping: Set<String> = [], file: StaticString = #fileID, line: UInt = #line
    ) throws {
        let answer = try expect("INVALID_MESSAGE", skipping: skipping, file: file, line: line)
        guard let info = answer["info"]?.text, !info.isEmpty else {
            throw failure("an INVALID_MESSAGE that says nothing", file, line)
        }
        guard words.isEmpty || words.contains(where: { info.lowercased().contains($0.lowercased()) }) else {
            throw failure("the info \"\(info)\" names none of \(words)", file, line)
        }
        try expectEnd(skipping: skipping, file: file, line: line)
    }

    /// Expects that the next message is exactly this refusal, and that the connection then ends.
    func expectRefusal(
        _ command: String, _ info: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        try expect(command, ["info": .string(info)], file: file, line: line)
        try expectEnd(file: file, line: line)
    }
}

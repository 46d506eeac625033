import JSON
import Tree

/// Turns a line into a message.
///
/// It accepts the several forms in which old peers write a value (ports as strings), and checks the type of every field
/// that it uses. So a message that it returns can be handled without another check. The code that reads the fields of a
/// message stands beside the code that writes them, in a file for each subject: `ClientLines`, `LinkLines`,
/// `AccountLines`, `StatusLines` and `EntryLines`.
public enum Decoding {
    /// The fields in which numbers may have any size. An activity is passed on as it came. A secret is a string or, for
    /// `anonymous`, not looked at.
    package static let bigNumbers = BigNumbers.allowedIn(["activity", "secret", "new_secret"])

    /// - Parameter line: without its end.
    /// - Throws: the text of the answer to the line's sender.
    public static func message(
        _ line: RawSpan, depthLimit: Int = JSONObject.defaultDepthLimit
    ) throws(WireError) -> Message {
        if let message = QuickDecoding.message(line, depthLimit: depthLimit) { return message }
        return try parsed(line, depthLimit: depthLimit)
    }

    /// Reads any message, by jansson.
    package static func parsed(_ line: RawSpan, depthLimit: Int = JSONObject.defaultDepthLimit) throws(WireError)
        -> Message
    {
        let object: JSONObject
        do {
            object = try JSONObject(parsing: line, depthLimit: depthLimit, bigNumbers: bigNumbers)
        } catch {
            throw WireError(error.description)
        }
        guard let text = object.string("command") else {
            throw WireError("the received message did not contain a command")
        }
        guard let command = Command(rawValue: text) else { return .unknown(command: text) }
        // These two carry an activity, so they keep its bytes. All other messages are small.
        switch command {
        case .activityBroadcast: return try EntryLines.broadcast(object, line)
        case .activityMessage: return .activity(try ActivityMessage(object, line))
        case .acknowledge: return .acknowledge(try Acknowledgement(object))
        default: return try message(command, Fields(object.members))
        }
    }

    private static func message(_ command: Command, _ fields: Fields) throws(WireError) -> Message {
        switch command {
        case .login: .login(try Login(fields))
        case .loginSuccess: .loginSuccess(try LoginSuccess(fields))
        case .loginFailed: .loginFailed(info: fields.info)
        case .logout: .logout
        case .register: try RegistrationLine.message(fields)
        case .registerSuccess: .registerSuccess(info: fields.info, durable: try DurableAnswer.durable(fields))
        case .registerFailed: .registerFailed(info: fields.info)
        case .changeSecret: .changeSecret(try SecretChange(fields))
        case .secretChanged: .secretChanged(info: fields.info, durable: try DurableAnswer.durable(fields))
        case .changeFailed: .changeFailed(info: fields.info)
        case .redirect: .redirect(try fields.address(), resumeToken: try TokenField.resume.given(fields))
        case .notice: .notice(info: fields.info, waits: fields.has("waits") ? try fields.bool("waits") : nil)
        case .ping: .ping(id: try PingLine.id(fields))
        case .pong: .pong(id: try PingLine.id(fields))
        case .invalidMessage where fields.has("servers"): try UnavailableLine.message(fields)
        case .invalidMessage: .invalidMessage(info: fields.info)
        case .authenticate: .authenticate(try Authenticate(fields))
        case .authenticationFail: .authenticationFail(try Refusal(fields))
        case .authenticationSuccess: .authenticationSuccess(try Acceptance(fields))
        case .serverAnnounce: .serverAnnounce(try Announcement(fields))
        case .lockRequest: .lockRequest(try NameQuestion(fields))
        case .lockAllowed: .lockAllowed(try NameAnswer(fields))
        case .lockDenied: .lockDenied(try NameAnswer(fields))
        case .loginRequest: .loginRequest(try NameQuestion(fields))
        case .loginAllowed: .loginAllowed(try NameAnswer(fields))
        case .loginDenied: .loginDenied(try NameAnswer(fields))
        case .account: try EntryLines.accountEntry(fields)
        case .synchronised: .synchronised
        case .vectors: .vectors(stored: try fields.vector("stored"), safe: try fields.vector("safe"))
        case .gap: try GapLine.message(fields)
        case .watermark: .watermark(try fields.stamp("stamp"))
        case .stable: .stable(try fields.changes("held"), isWhole: try fields.flag("whole"))
        case .heartbeat: .heartbeat(try Heartbeat(fields))
        case .tree: .tree(try TreePosition(fields))
        case .raise: .raise(term: try fields.number("term"), by: try fields.origin("by"))
        case .probe: .probe(try Probe(fields))
        case .probed: .probed(try Probe(fields))
        case .met: .met(try fields.claim("claim"))
        case .leaving: .leaving(others: try fields.contacts("others"))
        case .handOver: .handOver(term: try fields.number("term"))
        case .reachRequest: .reachRequest(try ReachQuestion(fields))
        case .reached: .reached(try ReachAnswer(fields))
        case .passReign: .passReign(try ReignPassing(fields))
        case .reignTaken: .reignTaken(fields.has("label") ? try TreePosition(fields) : nil)
        case .redirected: .redirected(username: try fields.username(), to: try fields.node("to"))
        case .recordRequest: .recordRequest(try RecordQuestion(fields))
        case .recorded: .recorded(try RecordAnswer(fields))
        case .heldRequest: .heldRequest(try HeldQuestion(fields))
        case .held: .held(try HeldAnswer(fields))
        case .compareAccounts: try CompareAccountsLine.message(fields)
        case .compareEntries: try CompareEntriesLine.message(fields)
        case .comparedAccounts: try ComparedAccountsLine.message(fields)
        case .fetchAccounts: try FetchAccountsLine.message(fields)
        case .accounts: try AccountsLine.message(fields)
        case .compareBans: .compareBans(sum: try BanDigestsLine.sum(fields))
        case .comparedBans: .comparedBans(try BanDigestsLine.digests(fields))
        case .fetchBans: .fetchBans(try BanDigestsLine.digests(fields))
        case .bans: try BansLine.message(fields)
        case .sessionsRequest: .sessionsRequest(try SessionsQuestion(fields))
        case .sessions: try SessionsLine.message(fields)
        case .administer: .administer(try AccountRequest(fields))
        case .administered: .administered(try AccountAnswer(fields))
        case .status where fields.has("nodes"): .statusAnswer(try StatusAnswer(fields))
        case .status: .status(try StatusQuestion(fields))
        case .activityBroadcast, .activityMessage, .acknowledge: preconditionFailure("\(command) is read from the line")
        }
    }
}

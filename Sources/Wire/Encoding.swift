import JSON
import Tree

/// The kind of program that reads a line. Nodes, tools and clients of the base protocol read a value of any type, and
/// ignore fields that they don't know.
public enum Reader: Hashable, Sendable {
    case usual
    /// A client of the original system. It reads a port only from a string, and nothing from a number.
    case originalClient
    /// A server that is no node. It gets only the fields that it knows, in the types that it reads.
    case server(Dialect)
}

/// Turns a message into its line, with the line end.
public enum Encoding {
    /// Appends the line of a message, with its end.
    public static func append(_ message: Message, for reader: Reader = .usual, to bytes: inout [UInt8]) {
        if reader != .usual, let (command, members) = OtherReaders.parts(of: message, for: reader) {
            return append(command, members, to: &bytes)
        }
        switch message {
        case .acknowledge(let counts): counts.appendLine(to: &bytes)
        case .watermark(let stamp): WatermarkLine.append(stamp, to: &bytes)
        case .entry(let entry, let hop): EntryLines().appendLink(entry, hop: hop, to: &bytes)
        case .loginSuccess(let success): success.appendLine(to: &bytes)
        case .broadcast(let text, _, _): EntryLines.append(broadcast: text, to: &bytes)
        case .activity(let activity): activity.appendLine(to: &bytes)
        default:
            let (command, members) = parts(of: message)
            append(command, members, to: &bytes)
        }
    }

    /// The line of a message, with its end.
    public static func line(of message: Message, for reader: Reader = .usual) -> [UInt8] {
        var bytes: [UInt8] = []
        append(message, for: reader, to: &bytes)
        return bytes
    }

    static func append(_ command: Command, _ members: Members, to bytes: inout [UInt8]) {
        JSONValue.object([("command", .string(command.rawValue))] + members).encode(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func parts(of message: Message) -> (Command, Members) {
        switch message {
        case .login(let login): (.login, login.members)
        case .loginFailed(let info): (.loginFailed, [("info", .string(info))])
        case .logout: (.logout, [])
        case .register(let username, let secret): (.register, RegistrationLine.members(username, secret))
        case .registerSuccess(let info, let durable): (.registerSuccess, DurableAnswer.members(info, durable))
        case .registerFailed(let info): (.registerFailed, [("info", .string(info))])
        case .changeSecret(let change): (.changeSecret, change.members)
        case .secretChanged(let info, let durable): (.secretChanged, DurableAnswer.members(info, durable))
        case .changeFailed(let info): (.changeFailed, [("info", .string(info))])
        case .redirect(let address, let token):
            (.redirect, JSONValue.address(address) + TokenField.resume.members(token))
        case .invalidMessage(let info): (.invalidMessage, [("info", .string(info))])
        case .unavailable(let info, let servers): (.invalidMessage, UnavailableLine.members(info, servers))
        case .notice(let info, let waits):
            (.notice, [("info", .string(info))] + (waits.map { [("waits", .bool($0))] } ?? []))
        case .ping(let id): (.ping, PingLine.members(id))
        case .pong(let id): (.pong, PingLine.members(id))
        case .authenticate(let request): (.authenticate, request.members)
        case .authenticationFail(let refusal): (.authenticationFail, refusal.members)
        case .authenticationSuccess(let acceptance): (.authenticationSuccess, acceptance.members)
        case .serverAnnounce(let announcement): (.serverAnnounce, announcement.members)
        case .lockRequest(let question): (.lockRequest, question.members)
        case .lockAllowed(let answer): (.lockAllowed, answer.members)
        case .lockDenied(let answer): (.lockDenied, answer.members)
        case .loginRequest(let question): (.loginRequest, question.members)
        case .loginAllowed(let answer): (.loginAllowed, answer.members)
        case .loginDenied(let answer): (.loginDenied, answer.members)
        case .synchronised: (.synchronised, [])
        case .vectors(let stored, let safe): (.vectors, [("stored", .vector(stored)), ("safe", .vector(safe))])
        case .gap(let gap, let stamp): (.gap, GapLine.members(gap, stamp))
        case .stable(let changes, let isWhole):
            (.stable, [("held", .vector(changes))] + (isWhole ? [("whole", .bool(true))] : []))
        case .heartbeat(let heartbeat): (.heartbeat, heartbeat.members)
        case .tree(let position): (.tree, position.members)
        case .raise(let term, let by): (.raise, [("term", .number(term)), ("by", .string(IdentityText.text(by)))])
        case .probe(let probe): (.probe, probe.members)
        case .probed(let probe): (.probed, probe.members)
        case .met(let claim): (.met, [("claim", .claim(claim))])
        case .leaving(let others): (.leaving, [("others", .contacts(others))])
        case .handOver(let term): (.handOver, [("term", .number(term))])
        case .reachRequest(let question): (.reachRequest, question.members)
        case .reached(let answer): (.reached, answer.members)
        case .passReign(let passing): (.passReign, passing.members)
        case .reignTaken(let position): (.reignTaken, position?.members ?? [])
        case .redirected(let username, let node):
            (.redirected, [("username", .string(username)), ("to", .node(node))])
        case .recordRequest(let question): (.recordRequest, question.members)
        case .recorded(let answer): (.recorded, answer.members)
        case .heldRequest(let question): (.heldRequest, question.members)
        case .held(let answer): (.held, answer.members)
        case .compareAccounts(let ranges): (.compareAccounts, CompareAccountsLine.members(ranges))
        case .compareEntries(let ranges): (.compareEntries, CompareEntriesLine.members(ranges))
        case .comparedAccounts(let differences): (.comparedAccounts, ComparedAccountsLine.members(differences))
        case .fetchAccounts(let prefix, let digests): (.fetchAccounts, FetchAccountsLine.members(prefix, digests))
        case .accounts(let records, let isAnswer): (.accounts, AccountsLine.members(records, isAnswer: isAnswer))
        case .compareBans(let sum): (.compareBans, [("sum", .decimal(sum))])
        case .comparedBans(let digests): (.comparedBans, BanDigestsLine.members(digests))
        case .fetchBans(let digests): (.fetchBans, BanDigestsLine.members(digests))
        case .bans(let records): (.bans, BansLine.members(records))
        case .sessionsRequest(let question): (.sessionsRequest, question.members)
        case .sessionsAnswer(let id, let answer): (.sessions, SessionsLine.members(id, answer))
        case .administer(let request): (.administer, request.members)
        case .administered(let answer): (.administered, answer.members)
        case .status(let question): (.status, question.members)
        case .statusAnswer(let answer): (.status, answer.members)
        case .unknown: preconditionFailure("a node sends what it knows")
        case .entry, .acknowledge, .watermark, .loginSuccess, .broadcast, .activity:
            preconditionFailure("written without a tree of values")
        }
    }
}

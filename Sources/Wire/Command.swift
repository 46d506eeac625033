/// What a message is called on the wire: the value of its field `command` (docs/protocol.md).
///
/// The clock has commands of its own (`ClockQuestion`, `ClockAnswer`).
public enum Command: String, CaseIterable, Sendable {
    // Between clients and nodes.
    case login = "LOGIN"
    case loginSuccess = "LOGIN_SUCCESS"
    case loginFailed = "LOGIN_FAILED"
    case logout = "LOGOUT"
    case register = "REGISTER"
    case registerSuccess = "REGISTER_SUCCESS"
    case registerFailed = "REGISTER_FAILED"
    case changeSecret = "CHANGE_SECRET"
    case secretChanged = "SECRET_CHANGED"
    case changeFailed = "CHANGE_FAILED"
    case redirect = "REDIRECT"
    case activityMessage = "ACTIVITY_MESSAGE"
    case invalidMessage = "INVALID_MESSAGE"
    case notice = "NOTICE"
    case ping = "PING"
    case pong = "PONG"

    // Between servers.
    case authenticate = "AUTHENTICATE"
    case authenticationFail = "AUTHENTICATION_FAIL"
    case authenticationSuccess = "AUTHENTICATION_SUCCESS"
    /// An activity: to clients a broadcast, between nodes an entry of the log.
    case activityBroadcast = "ACTIVITY_BROADCAST"
    case serverAnnounce = "SERVER_ANNOUNCE"
    case lockRequest = "LOCK_REQUEST"
    case lockAllowed = "LOCK_ALLOWED"
    case lockDenied = "LOCK_DENIED"
    case loginRequest = "LOGIN_REQUEST"
    case loginAllowed = "LOGIN_ALLOWED"
    case loginDenied = "LOGIN_DENIED"

    // Between nodes.
    /// An entry of the log that changes an account.
    case account = "ACCOUNT"
    case acknowledge = "ACKNOWLEDGE"
    case recordRequest = "RECORD_REQUEST"
    case recorded = "RECORDED"
    case heldRequest = "HELD_REQUEST"
    case held = "HELD"
    case compareAccounts = "COMPARE_ACCOUNTS"
    case compareEntries = "COMPARE_ENTRIES"
    case comparedAccounts = "COMPARED_ACCOUNTS"
    case fetchAccounts = "FETCH_ACCOUNTS"
    case accounts = "ACCOUNTS"
    case compareBans = "COMPARE_BANS"
    case comparedBans = "COMPARED_BANS"
    case fetchBans = "FETCH_BANS"
    case bans = "BANS"
    case sessionsRequest = "SESSIONS_REQUEST"
    case sessions = "SESSIONS"
    case synchronised = "SYNCHRONISED"
    case vectors = "VECTORS"
    /// Sent to clients too, if they asked for the feature `gap`.
    case gap = "GAP"
    case watermark = "WATERMARK"
    case stable = "STABLE"
    case heartbeat = "HEARTBEAT"
    case tree = "TREE"
    case raise = "RAISE"
    case probe = "PROBE"
    case probed = "PROBED"
    case met = "MET"
    case leaving = "LEAVING"
    case handOver = "HAND_OVER"
    case reachRequest = "REACH_REQUEST"
    case reached = "REACHED"
    case passReign = "PASS_REIGN"
    case reignTaken = "REIGN_TAKEN"
    case redirected = "REDIRECTED"

    // For operators.
    case administer = "ADMINISTER"
    case administered = "ADMINISTERED"
    /// A question if the field `nodes` is missing, and an answer if it is there.
    case status = "STATUS"
}

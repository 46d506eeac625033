import LogLines
import Logging
import Tree
import UV
import Wire

/// Writes notices of the node as lines of the log: one line for each, whatever text of peers it contains.
struct NoticeLog {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// - Parameter peer: the address that a connection comes from; nil if it is closed.
    func log(_ notice: Notice, peer: (ConnectionID) -> SocketAddress? = { _ in nil }) {
        let logger = logger[notice.line]
        switch notice {
        case .joined(let parent): logger.info("joined the tree under \(name(parent))")
        case .retryingParent(let address, let refusal):
            let why = quoted(refusal?.info ?? "no answer")
            switch refusal?.reason {
            case .loop?: logger.error("the parent at \(address) is no parent for this node (\(why)): check -rh and -rp")
            default: logger.notice("the parent at \(address) can't be had yet: \(why); trying again")
            }
        case .parentRefused(let address, let refusal):
            switch refusal.reason {
            case .order?:
                logger.error("the parent at \(address) refuses this node: \(quoted(refusal.info)): check --order")
            case .version?:
                logger.error("the parent at \(address) and this node can't speak: \(quoted(refusal.info))")
            case .history?:
                logger.error("the parent at \(address) leaves this node alone: \(quoted(refusal.info))")
            case .clock?:
                logger.error("the parent at \(address) and this node stay apart: \(quoted(refusal.info))")
            case .plain?, .certificate?:
                logger.error("there is no link with the parent at \(address): \(quoted(refusal.info))")
            default: logger.error("the parent at \(address) refuses the secret: check \(SecretKind.parent.places)")
            }
        case .notJoined(let trouble):
            logger.error("not joined: \(text(trouble)); serving the clients here, and trying on")
        case .unjoined(let trouble, let span):
            logger.error("still not joined after \(span.wholeMilliseconds / 60_000) min: \(text(trouble))")
        case .refusedNode(let contact, let refusal, let others):
            let who = contact.map { "the node \(name($0))" } ?? "a server that doesn't say where it is"
            let why = refusal.reason == .secret ? "it showed a wrong secret" : quoted(refusal.info)
            let more = others > 0 ? "; \(others) more times others were" : ""
            logger.warning("refused \(who): \(why)\(more)")
        case .noNode(let server, let address, let triedAs): log(server, at: address, triedAs, logger)
        case .parentLost(let parent, .leaving):
            logger.notice("the parent \(name(parent)) leaves in order: looking for another one")
        case .parentLost(let parent, let why): logger.warning("lost the parent \(name(parent)): \(text(why))")
        case .promoted(let term): logger.notice("this node is root now, in term \(term)")
        case .mergingUnder(let root): logger.notice("met the tree of \(name(root)), whose root stays: going under it")
        case .noWay(let root):
            logger.notice("can't reach the tree of \(name(root)) from here: asking the nodes below who can")
        case .passedReign(let child, let target):
            logger.notice(
                "a node below reaches \(name(target)): \(name(child)) is to be root, and this node goes under it")
        case .tookReign(let former, let term, let target):
            logger.notice("this node is root now instead of \(name(former)), in term \(term), to reach \(name(target))")
        case .tookChild(let child): logger.info("took the child \(name(child))")
        case .childLost(let child, let why): logger.info("lost the child \(name(child)): \(text(why))")
        case .tookBaseServer(let dialect, let address): logger.info("took \(name(dialect, address)) as a leaf")
        case .plainLink(let peer):
            logger.warning(
                """
                the link to \(name(peer)) is in clear: whoever listens in learns the secret and all messages; start \
                both nodes without --plain-links
                """, metadata: ["fault": "plain link to \(name(peer))"])
        case .baseServerLost(let dialect, let address, let why):
            logger.info("lost \(name(dialect, address)): \(text(why))")
        case .baseServerMute(let dialect, let address):
            logger.warning(
                "\(name(dialect, address)) doesn't answer LOCK_REQUEST: registrations don't wait for it until it does")
        case .baseServerAsksTooMuch(let dialect, let address):
            logger.warning("\(name(dialect, address)) asks about too many names at a time: the others are denied")
        case .alone: logger.warning("no other node can be reached: serving the clients here alone")
        case .labelWentBack(let parent):
            logger.critical("the parent \(name(parent)) lowered its label, which can't be: dropped the link")
        case .foundMyselfAbove(let parent):
            logger.error("the parent \(name(parent)) stands below this node: dropped the link")
        case .streamBroken(let peer, let detail):
            // Numbers differ each time.
            let reason = detail.filter { !$0.isNumber }
            logger.error(
                "the stream from \(name(peer)) is broken (\(detail)): dropped the link",
                metadata: ["fault": "stream from \(name(peer)): \(reason)"])
        case .stuck(let peer, let what):
            logger.error(
                "\(name(peer)) sends signs of life, and \(what) (--stuck-after): dropped the link",
                metadata: ["fault": "stuck \(name(peer))"])
        case .leftAlone(let peer, let pause, let faults):
            logger.error(
                """
                leaving \(name(peer)) alone for \(pause.wholeMilliseconds / 1000) s: its links were dropped \(faults) \
                times in a row; restart that node, so that it begins with an empty log
                """, metadata: ["fault": "left alone \(name(peer))"])
        case .badFrame(let peer, let info):
            let who = peer.map(name) ?? "a peer"
            logger.warning(
                "skipped a bad message from \(who): \(quoted(info))", metadata: ["fault": "bad message from \(who)"])
        case .gap(let gap):
            let origin = IdentityText.text(gap.origin)
            logger.warning(
                "\(gap.count) entries of \(origin) are kept by nobody any more, or this node was left behind",
                metadata: ["fault": "gap"])
        case .entriesDiffer(let peer, let origin, let sequence):
            logger.error(
                """
                this node and \(name(peer)) have different entries under the id \
                \(IdentityText.text(origin)).\(sequence): clients see one or the other; \
                some node is broken, lies, or ran twice with one data folder
                """, metadata: ["fault": "entries that differ from \(name(peer))"])
        case .ownNumbersTaken(let peer, let count):
            logger.error(
                """
                \(name(peer)) tells that \(count) entries of this node are lost, which it never made: its numbers go \
                on behind them; some node of the network is broken, or lies
                """, metadata: ["fault": "own numbers"])
        case .clientsMissed(let clients, let entries):
            logger.warning(
                """
                \(clients) clients came back for entries that nobody keeps any more, \(entries) in all: see \
                --retention-time and --retention-bytes
                """
            )
        case .tooDeep(let parent):
            logger.warning("the parent \(name(parent)) has come to stand too deep in the tree: looking for another one")
        case .clientFellBehind(let connection, let user, let standsStill):
            let address = peer(connection).map { " at \($0)" } ?? ""
            let why =
                standsStill
                ? "it has taken nothing for too long (--taken-within)"
                : "more waits for it than is kept for a client (--max-lag-bytes)"
            logger.notice("closed the client \(quoted(user))\(address): it reads too slowly: \(why)")
        case .clientsIdle(let count):
            let who = count == 1 ? "a client that has" : "\(count) clients that have"
            logger.notice(
                "closed \(who) said nothing for too long (--idle-timeout)", metadata: ["fault": "idle clients"])
        case .rateLimited(let connection, let unit, let rate):
            let address = peer(connection).map { "\($0.host)" } ?? "an address that is gone"
            let flag = unit == .messages ? "--message-rate" : "--byte-rate"
            logger.notice(
                "a client at \(address) says more than \(rate) \(unit.rawValue) a second: it is slowed down (\(flag))",
                metadata: ["fault": "rate of clients"])
        case .wrongNodeSecrets(let connection, let count):
            let address = peer(connection).map { "\($0.host)" } ?? "an address that is gone"
            let what = count == 1 ? "a wrong secret was" : "\(count) wrong secrets were"
            logger.warning(
                """
                \(what) shown for the network's, the last one by \(address): it may guess, or its secret \
                (\(SecretKind.parent.places)) is an old one
                """, metadata: ["fault": "wrong secrets"])
        case .refusedBaseServer(let connection):
            let from = peer(connection).map { " at \($0)" } ?? ""
            logger.warning(
                """
                refused a server\(from) that is no node: it would read users' secrets, and pass them on in clear; \
                allow it with --base-servers any
                """)
        case .plainSecret(let connection):
            let address = peer(connection).map { "\($0.host)" } ?? "an address that is gone"
            logger.warning(
                """
                refused a user's secret in clear from \(address): others can read it on the way; let clients use TLS \
                (--tls-cert), or allow it (--allow-plain)
                """, metadata: ["fault": "plain secrets"])
        case .clientsWait(let peer?):
            logger.warning(
                """
                clients are held back: the link to \(name(peer)) takes less than they say (--lag-policy gap leaves \
                such a child behind instead)
                """
            )
        case .clientsWait(nil):
            logger.warning("clients are held back: what they say waits for copies on other nodes, or for stamps")
        case .clientsWaitNoLonger(let peer, let span):
            let whom = peer.map { " for the link to \(name($0))" } ?? ""
            logger.notice(
                "clients are not held back any more: they have waited \(span.wholeMilliseconds / 1000) s\(whom)")
        case .childLeftBehind(let child):
            logger.warning(
                """
                leaving the child \(name(child)) behind: its link takes less than is said, and it misses the rest \
                (--lag-policy, --max-link-lag)
                """
            )
        case .childKeepsUp(let child, let left):
            logger.notice("the child \(name(child)) keeps up again: it was not sent \(left) entries")
        case .full(let clients):
            logger.warning("refusing newcomers: there are \(clients) clients, as many as there may be (--max-clients)")
        case .addressFull(let connection, let clients):
            let address = peer(connection).map { $0.host } ?? "an address that is gone"
            logger.warning(
                """
                refusing clients from \(address): \(clients) from there are logged in, as many as may be \
                (--max-clients-per-address)
                """, metadata: ["fault": "clients of one address"])
        case .tooMuchParked(let clients):
            logger.warning(
                "refusing newcomers: \(clients) clients wait until this node has its position, and take too much")
        case .accountsFull(let count):
            logger.warning(
                "refusing registrations: \(count) names are registered, as many as there may be (--max-accounts)")
        case .clockAnswers: logger.notice("the clock server answers again")
        case .clockSilent:
            logger.notice("no clock server answers: stamps come from the node's own clock until one does")
        case .clockWentBack:
            logger.error(
                "the clock server's stamps went back: they are not used, until it has caught up or is another one")
        case .clockFar(let distance):
            let seconds = distance.wholeMilliseconds / 1000
            logger.error(
                """
                the clock server's time is \(seconds) s away from this machine's, and no other node confirms it: it is \
                not followed; set the clock of that machine, or of this one
                """)
        case .stampRefused(let peer, let ahead):
            let seconds = ahead.wholeMilliseconds / 1000
            logger.error(
                "\(name(peer)) sent a stamp \(seconds) s ahead of the time: dropped the link; check its clock",
                metadata: ["fault": "stamp of \(name(peer))"])
        case .mismatch(let other, let refusal):
            let hint = refusal.reason == .order ? ": check --order" : ""
            logger.error("met \(name(other)), and stays apart from it: \(quoted(refusal.info))\(hint)")
        case .orderGivenUp(let lost):
            logger.notice("\(name(lost)) did not come back in time: what it still brings may be marked late")
        case .nameLost(let name): logger.notice("the name \(quoted(name)) belongs to an earlier registration")
        case .namedAlike(let names):
            logger.warning("\(NamesAlike(names: names))", metadata: ["fault": "names that count as one"])
        case .accountsNotSaved(let why):
            logger.error(
                """
                accounts can't be saved, and registrations are refused until they can: \(quoted(why)): check \
                --data-dir
                """
            )
        case .accountsSavedAgain: logger.notice("accounts are saved again")
        case .banned(let ban, let isHere):
            let until = ban.until.map { "until \(UTCTime.text($0))" } ?? "for good"
            let reason = ban.reason.isEmpty ? "" : ", \(quoted(ban.reason))"
            logger.notice("banned \(target(ban.target)) \(until)\(reason), \(whence(isHere))")
        case .unbanned(let lifted, let isHere):
            logger.notice("\(target(lifted)) is banned no more, \(whence(isHere))")
        case .bannedRefused(let connection, let ban):
            let address = peer(connection).map { "\($0.host)" } ?? "an address that is gone"
            logger.notice(
                "refusing a client at \(address): \(target(ban.target)) is banned",
                metadata: ["fault": "banned clients"])
        case .sessionsToEnd(let ended, let reason):
            logger.notice(
                "an operator ends the sessions of \(target(ended))\(reason.isEmpty ? "" : ": \(quoted(reason))")")
        case .bansNotSaved(let why):
            logger.error(
                "bans can't be saved, and changes are refused until they can: \(quoted(why)): check --data-dir")
        case .bansSavedAgain: logger.notice("bans are saved again")
        case .bansForgotten(let count):
            logger.warning("\(count) bans were dropped, the oldest: there are more than are kept; lift some")
        case .drainBegun(let clients, let rate):
            logger.notice("drained by an operator: \(clients) clients are sent to other nodes, \(rate) a second")
        case .drainStopped: logger.notice("drained no more: takes clients again")
        case .drainedOfClients: logger.notice("all clients are gone")
        case .nowhereToMove(let clients):
            logger.warning("\(clients) clients can't be sent elsewhere: no other node takes any")
        case .balancing(let clients, let rate):
            logger.notice("has more clients than its share: sends \(clients) to other nodes, \(rate) a second")
        case .draining: logger.notice("leaving in order; a second signal ends at once")
        }
    }

    private func target(_ target: BanTarget) -> String {
        switch target {
        case .name(let name): "the name \(quoted(name))"
        case .address(let range): "the address \(range.words)"
        case .session(let session): "the session \(quoted(session))"
        }
    }

    private func whence(_ isHere: Bool) -> String { isHere ? "by an operator here" : "as another node tells" }

    func hashRefused() {
        logger[.hashRefused].warning(
            """
            the hash of a secret is none, or costs more to check than it may: its owner can't log in until \
            `coppice account reset`
            """)
    }

    func log(_ notice: ClockClient.Notice) {
        switch notice {
        case .follows(let clock): logger[.clockFollowed].notice("follows the clock at \(quoted("\(clock)"))")
        case .noClock(let clock, let words):
            logger[.noClockThere].warning(
                """
                there is no clock at \(quoted("\(clock)")): \(quoted(words)): check --clock; trying again ever more \
                seldom
                """
            )
        case .refused(let clock, let words):
            // The clock's words may contain a number that differs each time, so they aren't part of the key.
            logger[.clockRefuses].warning(
                "the clock at \(quoted("\(clock)")) gives no stamps: \(quoted(words))",
                metadata: ["fault": "no stamps from \(clock)"])
        }
    }

    private func log(_ server: ForeignServer, at address: Address, _ triedAs: TriedAs, _ logger: Logger) {
        if let why = server.linkObstacle {
            return logger.warning(
                "no link with \(quoted("\(address)")): \(quoted(why))",
                metadata: ["fault": "link certificates of \(address)"])
        }
        let what = "at \(quoted("\(address)")): \(quoted("\(server)"))"
        let hint =
            switch server {
            case .base, .original: " (it can hang below a node: start it with this node as its parent)"
            case .clock: " (a clock is named by --clock)"
            case .stranger: " (it has another secret, see \(SecretKind.parent.places), or is an impostor)"
            default: ""
            }
        let again = "trying again ever more seldom"
        switch triedAs {
        case .parent:
            logger.error("there is no parent \(what)\(hint): check -rh and -rp; \(again)")
        case .seed: logger.error("there is no seed \(what)\(hint): check --seeds; \(again)")
        case .known: logger.notice("there is no node any more \(what); \(again)")
        }
    }

    private func name(_ dialect: Dialect, _ address: Address) -> String {
        let kind = dialect == .base ? "a server of the base protocol" : "a server of the original system"
        return "\(kind) at \(quoted("\(address)"))"
    }

    private func name(_ contact: Contact) -> String {
        guard let node = contact.node else { return quoted("\(contact.address)") }
        return "\(IdentityText.text(node).prefix(6)) at \(quoted("\(contact.address)"))"
    }

    private func text(_ trouble: JoinTrouble) -> String {
        let parent = trouble.parent.map { "the parent at \(quoted("\($0)")) can't be had: " } ?? ""
        return parent + quoted(trouble.info)
    }

    private func text(_ why: LossReason) -> String {
        switch why {
        case .closed: "the connection was closed"
        case .silent: "it was silent for too long"
        case .replaced: "that node has made a newer link"
        case .leaving: "it leaves in order"
        case .broken: "the link was dropped"
        case .stuck: "nothing moved on it any more"
        }
    }

    /// Nothing that somebody else has written may look like a record of its own or move a terminal's cursor.
    func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if result.utf8.count >= Settings.quotedBytes { return result + "…" }
            if scalar.isInvisible {
                result += scalar.escaped
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

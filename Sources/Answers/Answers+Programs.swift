// What a client's program is told that doesn't keep to a protocol, and what HTTP answers.

extension AnswerExplanation {
    static let lines: [AnswerExplanation] = [
        AnswerExplanation(
            "INVALID_MESSAGE", "JSON parse error while parsing message", "the received message is not a JSON object",
            "the received message is nested deeper than … levels",
            "the received message has too many values: at most … in a line of its length",
            "the received message has a key twice in one object", "the received message is not valid UTF-8",
            "the received message has a zero character in a string",
            "the received message has a number that is too big",
            meaning: "What came is no message as docs/protocol.md has it (\"Lines\"). Another program than a client "
                + "talks to this port, or the client's program is wrong.",
            metric: refusals("invalid"), .lines),
        AnswerExplanation(
            "INVALID_MESSAGE", "the line is longer than … bytes",
            meaning: "--max-line-bytes, for a line that a client says. It has to say less at a time.",
            metric: refusals("invalid"), .lines),
        AnswerExplanation(
            "INVALID_MESSAGE", "the received message did not contain a command", "unknown message",
            "the command has no meaning here", "the command is for authenticated servers only",
            "the command has to be the first one of a connection",
            "this connection is a client's: the command has to be the first one of a connection",
            meaning: "A message that there isn't, or isn't in this place: an old or wrong program. docs/protocol.md "
                + "says which there are (\"Every message\").",
            metric: refusals("invalid"), .lines),
        AnswerExplanation(
            "INVALID_MESSAGE", "the message did not contain the field …", "the field … is not …",
            "the field … is longer than … bytes", "the field … has more than … elements",
            "the field hostname is empty", "the field through is less than the field from",
            "an acknowledgement needs stored, safe and confirmed",
            "an acknowledgement's carried must not be negative",
            meaning:
                "A field of the message is missing, of the wrong kind, or too long: the text names it, and what it "
                + "has to be.",
            metric: refusals("invalid"), .lines),
        AnswerExplanation(
            "INVALID_MESSAGE", "servers attach without WebSocket",
            meaning: "A node's messages came by a WebSocket: a page must not attach a node.",
            metric: refusals("invalid"), .lines),
    ]

    static let webSocket: [AnswerExplanation] = [
        AnswerExplanation(
            "close 1001", "log in at …",
            meaning: "The node leaves, is drained, or has more clients than its share: the client goes on elsewhere.",
            metric: "coppice_redirects_total", .webSocket),
        AnswerExplanation(
            "close 1009", "a line has at most … bytes", "a message has at most … bytes",
            "a compressed message has at most … bytes of text",
            meaning: "--max-line-bytes. The client has to say less at a time.",
            metric: "coppice_websockets_closed_total{code=\"1009\"}", .webSocket),
        AnswerExplanation(
            "close 1002", "unknown opcode", "a reserved bit is set", "a client's frames have to be masked",
            "a control frame comes in one piece", "a control frame holds at most … bytes",
            "there is no message to continue", "the message before hasn't ended",
            "the length of a frame is not in its shortest form", "there is no such close code",
            meaning:
                "What came is no WebSocket as RFC 6455 has it: a wrong program, or a proxy in between that changes "
                + "it.",
            metric: "coppice_websockets_closed_total{code=\"1002\"}", .webSocket),
        AnswerExplanation(
            "close 1003", "messages are text here", meaning: "The program sent a binary message.",
            metric: "coppice_websockets_closed_total{code=\"1003\"}", .webSocket),
        AnswerExplanation(
            "close 1007", "the text is not UTF-8", "the reason is not UTF-8",
            "the message isn't compressed as RFC 7692 has it",
            meaning: "A wrong program, or a proxy in between that changes what it passes on.",
            metric: "coppice_websockets_closed_total{code=\"1007\"}", .webSocket),
        AnswerExplanation(
            "HTTP 426", "here is a WebSocket: ask with Upgrade: websocket",
            "this server speaks version 13 of WebSocket",
            meaning: "A request to /ws that is no WebSocket: often a proxy that doesn't pass Upgrade on.",
            metric: "coppice_http_requests_total{status=\"426\"}", .webSocket),
        AnswerExplanation(
            "HTTP 400", "Sec-WebSocket-Key is missing, or isn't 16 bytes in base 64",
            meaning: "A wrong program.",
            metric: "coppice_http_requests_total{status=\"400\"}", .webSocket),
        AnswerExplanation(
            "HTTP 403", "pages of this origin may not connect here (--web-origins)",
            "pages of this origin may not ask here (--web-origins)",
            meaning:
                "The page comes from another host than this node: name its origin with --web-origins. So it is for "
                + "the node's own page behind a proxy that ends TLS, or under a name that isn't -lh.",
            metric: "coppice_http_requests_total{status=\"403\"}", .webSocket),
    ]

    static let http: [AnswerExplanation] = [
        AnswerExplanation(
            "HTTP 503", "leaving: try another server",
            meaning: "/health of the clients' port: the node leaves, and balancers send nobody here.", log: [.leaving],
            metric: "coppice_http_requests_total{status=\"503\"}", .http),
        AnswerExplanation(
            "HTTP 503", "this server is leaving: ask …",
            meaning: "The node leaves or is drained, or has more clients than its share. The program asks the other "
                + "one.", metric: "coppice_redirects_total", .http),
        AnswerExplanation(
            "HTTP 503", "this server gives no tokens now: try again",
            meaning:
                "The node can't make one: the name is `anonymous`, or the account was changed at this moment, or the "
                + "network's secret was.",
            metric: "coppice_http_requests_total{status=\"503\"}", .http),
        AnswerExplanation(
            "HTTP 202", "accepted, and not known to be safe yet; or it was said before",
            meaning: "5 s after /api/say not enough nodes are known to have the message, or it was a repetition under "
                + "one Idempotency-Key. Look at coppice_queue_messages.",
            metric: "coppice_http_requests_total{status=\"202\"}", .http),
        AnswerExplanation(
            "HTTP 401",
            "show a name and a secret as Authorization: Basic, a token as Authorization: Bearer, or nothing",
            "a token is given for a name and its secret: Authorization: Basic",
            meaning: "The program's Authorization is none that the API knows.",
            metric: "coppice_http_requests_total{status=\"401\"}", .http),
        AnswerExplanation(
            "HTTP 400", "the body has to be a JSON object: the activity", "an Idempotency-Key has 1 to … bytes",
            "Last-Event-ID is none of this server's",
            meaning: "A wrong program: docs/openapi.yaml has the fields.",
            metric: "coppice_http_requests_total{status=\"400\"}", .http),
        AnswerExplanation(
            "HTTP 404 or 405", "there is nothing here", "here are: …",
            meaning: "No such page, or another method. The page to chat with is there with --web alone; metrics have a "
                + "port of their own (--admin).",
            metric: "coppice_http_requests_total by status", .http),
        AnswerExplanation(
            "HTTP 400, 413, 431 or 505", "this is no HTTP/1.1", "this is no HTTP/1.1: the request line is malformed",
            "the request line has to end with HTTP/1.1 (or HTTP/1.0), CR and LF", "the method is unknown",
            "the target has characters that must not be there", "the target is no path: it has to begin with /",
            "the target has a #", "a header field is malformed", "the Content-Length is no number",
            "the Content-Length is no number, or there is more than one",
            "the length of the body is told more than once", "the length of a chunk is no number",
            "a line doesn't end with CR and LF", "there are bytes after a request that said it was the last",
            "there is too much around the bytes of the body", "the Host field is missing",
            "there is more than one Host field", "this server is no proxy: CONNECT is not offered",
            "HTTP/1.0 knows no Transfer-Encoding", "there are both Content-Length and Transfer-Encoding",
            "the only Transfer-Encoding that is known is chunked", "the only Expect that is known is 100-continue",
            "the request line and the header fields are longer than … bytes, or more than …",
            "the body is longer than … bytes",
            meaning: "What came begins as HTTP, and can't be read or is too long: a wrong program, or somebody who "
                + "looks for holes.",
            metric: "coppice_http_requests_total by status", .http),
        AnswerExplanation(
            "HTTP 401 of the admin port",
            "the token of --admin-token-file is missing or wrong (Authorization: Bearer TOKEN)",
            "use https: others can read a token on the way",
            meaning: "Monitoring shows no token, an old one (the file is read at the start alone), or shows it in "
                + "clear to a node that has a certificate.",
            metric: "coppice_admin_requests_total{status=\"401\"}", .http),
        AnswerExplanation(
            "HTTP 404, 405 or 413 of the admin port", "there are /metrics, /health, /ready and /tree; / is for people",
            "only GET and HEAD have a use here", "no body is wanted",
            meaning: "Monitoring asks for another page, or in another way.",
            metric: "coppice_admin_requests_total by status", .http),
        AnswerExplanation(
            "HTTP 503 of the admin port", "not ready: …", "it is joining the tree", "it is not joined: …",
            "it has lost its parent and looks for another one", "it is leaving",
            "it is being drained of its clients", "it has as many clients as it takes",
            meaning: "/ready: no newcomers are to be sent here now. See CoppiceNotReady in docs/operations.md.",
            metric: "coppice_ready", .http),
        AnswerExplanation(
            "HTTP 503 of the admin port", "the tree is being asked already: try again",
            "the tree can't be asked now: try again",
            meaning: "/tree asks every node, and no more than two may ask at a time.",
            metric: "coppice_admin_requests_total{status=\"503\"}", .http),
    ]
}

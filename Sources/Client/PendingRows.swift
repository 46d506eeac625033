import LineEditor

/// The rows above the line that is typed: own messages under way.
enum PendingRows {
    static func of(_ session: TerminalSession) -> [LineEditor.Status] {
        let limit = ClientLimits.pendingRows
        let count = session.countUnderWay
        var rows: [LineEditor.Status] = []
        if count > limit { rows.append(row("\(count - limit) more")) }
        rows += session.underWay(atMost: limit).map { row(Printable.text($0)) }
        if !session.isOnline {
            let waiting = "\(Notice.messages(count)) \(count == 1 ? "waits" : "wait")"
            let what = count == 0 ? "what you say is kept" : waiting
            rows.append(LineEditor.Status("no server yet: \(what)", isDim: true))
        } else if session.hasInputEnded, count > 0 {
            rows.append(LineEditor.Status("leaving once \(count == 1 ? "it has" : "they have") come back", isDim: true))
        }
        return rows
    }

    private static func row(_ text: String) -> LineEditor.Status { LineEditor.Status("... \(text)", isDim: true) }
}

import JSON

/// Tells the broadcasts in what a server sends from everything else, without reading them.
///
/// The flooder takes up to a million lines a second, nearly all of them broadcasts of which it compares the bytes.
/// jansson takes 2.5 µs for one, `StrictScan` a tenth of that, and a look at the first bytes nothing that can be
/// measured. So most lines are known by how nodes begin them, and others by the scan.
public enum BroadcastScan {
    /// - Parameter line: without its end.
    /// - Returns: whether this certainly is a broadcast. If not, `ServerMessage` knows.
    public static func accepts(_ line: RawSpan) -> Bool {
        if line.hasBytes(#"{"command":"ACTIVITY_BROADCAST""#, at: 0) { return true }
        var isBroadcast = false
        let isObject = StrictScan.accepts(line, bigNumbers: .allowedIn(["activity"])) { member in
            guard member.key.count == 7, line.hasBytes("command", at: member.key.lowerBound),
                member.kind == .plainString
            else { return }
            isBroadcast = member.value.count == 18 && line.hasBytes("ACTIVITY_BROADCAST", at: member.value.lowerBound)
        }
        return isObject && isBroadcast
    }
}

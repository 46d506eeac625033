import JSON

/// Tells which lines of a server are broadcasts, without parsing them.
///
/// The flooder takes up to a million lines a second. Nearly all of them are broadcasts, whose bytes it compares.
/// jansson takes 2.5 µs for one, `StrictScan` a tenth of that, and the first bytes can be compared in no measurable
/// time. So most broadcasts are recognised by the bytes with which nodes begin them, and others by the scan.
public enum BroadcastScan {
    /// - Parameter line: without its end.
    /// - Returns: whether the line certainly is a broadcast. If false, `ServerMessage` has to decide.
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

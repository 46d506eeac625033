/// What the records of one side of a handshake say, so that two streams can be compared: records in clear may be cut
/// otherwise and name another version, and a change of the cipher or an alert in clear says nothing (RFC 8446, sections
/// 5.1 and D.4). Of records that are encrypted, each byte counts.
struct HandshakeRecords {
    /// The messages in clear.
    private var clear: [UInt8] = []
    private var encrypted: [UInt8] = []

    init(_ stream: [UInt8]) {
        var rest = stream[...]
        while rest.count >= 5 {
            let header = Array(rest.prefix(5))
            let length = Int(header[3]) << 8 | Int(header[4])
            let record = rest.prefix(5 + length)
            switch header[0] {
            case 20, 21: break
            case 22: clear += record.dropFirst(5)
            default: encrypted += record
            }
            rest = rest.dropFirst(record.count)
        }
    }

    func begins(with other: HandshakeRecords) -> Bool {
        clear.starts(with: other.clear) && encrypted.starts(with: other.encrypted)
    }
}

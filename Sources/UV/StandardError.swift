/// Descriptor 2.
///
/// What ends soon writes there and waits if it has to, so that nothing is lost. What serves others must not wait for a
/// reader: it calls `neverWait`, and from then on everything goes through one queue.
public enum StandardError {
    @discardableResult
    public static func write(_ bytes: [UInt8]) -> Bool {
        writeWhole(bytes.span.bytes, to: 2)
    }

    @discardableResult
    public static func write(_ text: String) -> Bool {
        writeWhole(Array(text.utf8).span.bytes, to: 2)
    }
}

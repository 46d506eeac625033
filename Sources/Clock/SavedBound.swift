import JSON
import Tree
import UV

/// What the clock keeps on the disk: the bound below which stamps may have been handed out.
public struct SavedBound: Hashable, Sendable {
    /// Names the sequence of stamps; see `StampSource.epoch`.
    public let epoch: UInt64
    public let bound: Stamp

    public init(epoch: UInt64, bound: Stamp) {
        self.epoch = epoch
        self.bound = bound
    }

    /// The content of the file: one line of JSON, numbers as strings, so that every tool can read it.
    var encoded: [UInt8] {
        let value: JSONValue = ["epoch": .string(String(epoch)), "bound": .string(String(bound.value))]
        return value.encoded + [UInt8(ascii: "\n")]
    }

    init?(decoding bytes: [UInt8]) {
        guard let object = try? JSONObject(parsing: bytes), let epoch = object.string("epoch").flatMap({ UInt64($0) }),
            let bound = object.string("bound").flatMap({ UInt64($0) }), bound <= Stamp.limit.value
        else { return nil }
        self.init(epoch: epoch, bound: Stamp(bound))
    }
}

/// The file of the bound, in the clock's data directory. Everything here blocks.
struct BoundFile: Sendable {
    let path: String

    init(in directory: String) {
        path = directory + "/clock-bound.json"
    }

    /// - Returns: `nil` if there is no such file yet.
    /// - Throws: also when the file is there and says nothing sensible. To begin anew then could repeat stamps.
    func load() throws(ClockFailure) -> SavedBound? {
        guard Files.exists(path) else { return nil }
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limitBytes: ClockLimits.savedBytes) } catch { throw .file(error) }
        guard let saved = SavedBound(decoding: bytes) else { throw .unreadableBound(path: path) }
        return saved
    }

    func save(_ bound: SavedBound) throws(FileError) {
        try Files.replace(path, with: bound.encoded)
    }
}

import JSON
import Tree
import UV
import Wire

/// What the clock keeps on the disk: a bound, below which stamps may have been handed out.
public struct SavedBound: Hashable, Sendable {
    /// Names the sequence of stamps; see `StampSource.epoch`.
    public let epoch: UInt64
    public let bound: Stamp

    public init(epoch: UInt64, bound: Stamp) {
        self.epoch = epoch
        self.bound = bound
    }

    /// The content of the file: one line of JSON, numbers as strings, so that every tool can read it.
    package var encoded: [UInt8] {
        let value: JSONValue = [
            "epoch": .string(String(epoch)), "bound": .string(String(bound.value)), "checksum": .string(checksum),
        ]
        return value.encoded + [UInt8(ascii: "\n")]
    }

    /// Over both numbers, so that a flipped bit in one of them is noticed.
    private var checksum: String {
        IdentityText.text(NodeID(StableHash.of("\(epoch) \(bound.value)".utf8)))
    }

    package init?(decoding bytes: [UInt8]) {
        guard let object = try? JSONObject(parsing: bytes), let epoch = object.string("epoch").flatMap({ UInt64($0) }),
            let bound = object.string("bound").flatMap({ UInt64($0) }), bound <= Stamp.limit.value
        else { return nil }
        self.init(epoch: epoch, bound: Stamp(bound))
        // Files of earlier versions have no checksum.
        guard object.string("checksum") == checksum || object.count == 2 else { return nil }
    }
}

/// The file with the bound in the clock's data directory, and its copy. Every method blocks.
struct BoundFile: Sendable {
    let path: String
    let copyPath: String

    init(in directory: String) {
        path = directory + "/clock-bound.json"
        copyPath = directory + "/clock-bound-copy.json"
    }

    /// The bound that was found, and what is wrong with the files, as sentences for the log.
    struct Finding {
        /// Nil if there is no file yet, or if every file that exists is damaged and the caller accepts that.
        var saved: SavedBound?
        var warnings: [String] = []
    }

    /// - Parameter acceptsLoss: if every file that exists is damaged, the files are renamed and the clock begins anew.
    /// - Throws: if no file that exists can be read or understood. To begin anew then could repeat stamps.
    func load(acceptsLoss: Bool) throws(ClockFailure) -> Finding {
        var finding = Finding()
        var damaged: [String] = []
        for path in [path, copyPath] where Files.exists(path) {
            let bytes: [UInt8]
            do { bytes = try Files.read(path, limitBytes: ClockLimits.savedBytes) } catch { throw .file(error) }
            guard let saved = SavedBound(decoding: bytes) else {
                damaged.append(path)
                continue
            }
            // Stamps are handed out only once the bound is in both files. If a crash came between the two writes,
            // either bound is safe; the greater one is taken.
            if finding.saved.map({ $0.bound < saved.bound }) ?? true { finding.saved = saved }
        }
        guard !damaged.isEmpty else { return finding }
        if finding.saved != nil {
            finding.warnings.append("\(damaged[0]) is damaged; its copy is used, and it is written anew")
            return finding
        }
        guard acceptsLoss else { throw .unreadableBound(path: damaged[0]) }
        for path in damaged {
            let kept = path + ".damaged"
            do throws(FileError) { try Files.rename(path, to: kept) } catch { throw .file(error) }
            finding.warnings.append("\(path) is damaged: this clock begins anew; what was there is in \(kept)")
        }
        return finding
    }

    func save(_ bound: SavedBound) throws(FileError) {
        try Files.replace(path, with: bound.encoded)
        try Files.replace(copyPath, with: bound.encoded)
    }
}

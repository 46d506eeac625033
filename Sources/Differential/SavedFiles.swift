import Clock
import Host
import Store
import Tree
import UV
import Wire

/// A disk gives back other bytes than were written: what is read is what was written, or is called damaged. The files
/// of a node, each for itself and together, and the one of a clock.
///
/// ```
///   which      0 to 3 the clock's bound, as an input writes it; 4 to 11 as it was written, and damaged
///              12 to 15 the bans; the others all files of a node
///   damage     for each file that is damaged its number, and how (`Damage`)
/// ```
public enum SavedFiles {
    /// - Returns: what is believed and wrong; nil if nothing is, as it has to be.
    public static func fault(in input: [UInt8], isPlanted: Bool = false) -> String? {
        var script = Script(input)
        switch script.byte() & 31 {
        case 0...3: return faultOfBound(as: script.all())
        case 4...11: return faultOfDamagedBound(&script, isPlanted: isPlanted)
        case 12...15: return faultOfDamagedBans(&script)
        default: return NodeFiles.shared.fault(&script)
        }
    }

    private static func faultOfBound(as bytes: [UInt8]) -> String? {
        guard let saved = SavedBound(decoding: bytes) else { return nil }
        let again = SavedBound(decoding: saved.encoded)
        return again == saved ? nil : "\(saved) is read again as \(String(describing: again))"
    }

    /// - Parameter isPlanted: a fault: whoever reads the file looks at no checksum.
    private static func faultOfDamagedBound(_ script: inout Script, isPlanted: Bool) -> String? {
        let saved = SavedBound(epoch: 1_795_574_909_619, bound: Stamp(470_699_189_893_595_136))
        var bytes = Damage(&script).done(to: saved.encoded)
        // Without its checksum it counts as written by an earlier version.
        let comma = 6
        if isPlanted, let letter = bytes.firstIndex(of: UInt8(ascii: "k")), letter >= comma {
            bytes = bytes[..<(letter - comma)] + Array("}\n".utf8)
        }
        guard let read = SavedBound(decoding: bytes), read != saved else { return nil }
        return "\(saved) is read as \(read): \(String(decoding: bytes, as: UTF8.self))"
    }

    private static func faultOfDamagedBans(_ script: inout Script) -> String? {
        let bytes = Damage(&script).done(to: BanFile.bytes(of: NodeFiles.bans))
        let (records, damaged) = BanFile.read(bytes)
        if let wrong = records.first(where: { !NodeFiles.bans.contains($0) }) { return "\(wrong) was never written" }
        // Of a file that was cut behind a line nobody can tell.
        return records.count + damaged > NodeFiles.bans.count + 1 ? "\(records.count) of \(damaged) are damaged" : nil
    }
}

/// What a disk does to a file: some of its bits flip, its end is lost, a sector is empty, or has what belongs to
/// another one.
enum Damage {
    case flips([(at: Int, bit: Int)])
    case cut(Int)
    case empty(Int)
    case mistaken(Int, by: Int)

    /// The length of a sector.
    private static let sector = 512

    init(_ script: inout Script, mostFlips: Int = 4) {
        switch script.byte() & 7 {
        case 0: self = .cut(script.number() << 4 | script.byte())
        case 1: self = .empty(script.byte())
        case 2: self = .mistaken(script.byte(), by: script.byte())
        default:
            let count = 1 + script.byte() % mostFlips
            self = .flips((0..<count).map { _ in (script.number() << 3 | script.byte(), script.byte() & 7) })
        }
    }

    func done(to bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var damaged = bytes
        let sectors = (bytes.count + Self.sector - 1) / Self.sector
        func range(_ number: Int) -> Range<Int> {
            let start = number % sectors * Self.sector
            return start..<min(bytes.count, start + Self.sector)
        }
        switch self {
        case .flips(let flips): for flip in flips { damaged[flip.at % bytes.count] ^= 1 << flip.bit }
        case .cut(let count): damaged.removeSubrange((count % bytes.count)...)
        case .empty(let number): for index in range(number) { damaged[index] = 0 }
        case .mistaken(let number, let other):
            for (index, byte) in zip(range(number), bytes[range(other)]) { damaged[index] = byte }
        }
        return damaged
    }
}

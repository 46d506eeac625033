import Foundation
import Testing
import Tree
import UV

@testable import Clock

/// The file with the bound, and its copy.
@Suite struct `The files of a clock's bound` {
    private let saved = SavedBound(epoch: 1_795_574_909_619, bound: Stamp(470_699_189_893_595_136))

    private func inFolder(_ story: (BoundFile) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/coppice-bound-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Files.makeFolder(folder)
        try story(BoundFile(in: folder))
    }

    @Test func `no flipped bit and no cut turns a saved bound into another one`() throws {
        try inFolder { file in
            try file.save(saved)
            #expect(try file.load(acceptsLoss: false).warnings == [])
            let right = try Files.read(file.path)
            let flips = (0..<right.count * 8).map { bit in
                var damaged = right
                damaged[bit / 8] ^= 1 << (bit % 8)
                return damaged
            }
            for (number, damaged) in (flips + (0..<right.count).map { Array(right.prefix($0)) }).enumerated() {
                if let read = SavedBound(decoding: damaged) { #expect(read == saved) }
                // Each reading of the files syncs the disk, so only some of the cases are tried.
                guard number % 41 == 0 else { continue }
                for path in [file.path, file.copyPath] {
                    try file.save(saved)
                    try Data(damaged).write(to: URL(fileURLWithPath: path))
                    let finding = try file.load(acceptsLoss: false)
                    #expect(finding.saved == saved)
                    #expect(finding.warnings.isEmpty == (SavedBound(decoding: damaged) != nil))
                }
            }
        }
    }

    @Test func `a clock whose bounds are both damaged begins anew only if that is accepted`() throws {
        try inFolder { file in
            let nonsense = Array("{\"epoch\":\"1\"".utf8)
            try Files.replace(file.path, with: nonsense)
            try Files.replace(file.copyPath, with: nonsense)
            let failure = #expect(throws: ClockFailure.self) { try file.load(acceptsLoss: false) }
            #expect(failure == .unreadableBound(path: file.path))
            #expect(failure?.description.contains("--accept-new-epoch") == true)
            let finding = try file.load(acceptsLoss: true)
            #expect(finding.saved == nil && finding.warnings.count == 2)
            #expect(try Files.read(file.path + ".damaged") == nonsense)
            #expect(!Files.exists(file.path) && !Files.exists(file.copyPath))
        }
    }

    @Test func `the copy replaces a lost bound, and the greater bound of the two counts`() throws {
        try inFolder { file in
            try file.save(saved)
            try Files.remove(file.path)
            #expect(try file.load(acceptsLoss: false).saved == saved)
            let later = SavedBound(epoch: saved.epoch, bound: Stamp(saved.bound.value + 9))
            try Files.replace(file.path, with: later.encoded)
            #expect(try file.load(acceptsLoss: false).saved == later)
        }
    }

    @Test func `the single file of earlier versions, which has no checksum, is read`() throws {
        try inFolder { file in
            try Files.replace(file.path, with: Array("{\"epoch\":\"7\",\"bound\":\"9\"}\n".utf8))
            #expect(try file.load(acceptsLoss: false).saved == SavedBound(epoch: 7, bound: Stamp(9)))
        }
    }
}

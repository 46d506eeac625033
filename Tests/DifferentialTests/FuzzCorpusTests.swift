import Differential
import Foundation
import Testing

/// What `make fuzz` has kept, and what it has found, played without a fuzzer.
@Suite(.serialized) struct `The corpus of the fuzzer` {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fuzz/corpus").standardizedFileURL

    private func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = Self.folder.appendingPathComponent(target.rawValue)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
        }
    }

    @Test(arguments: FuzzTarget.allCases) func `breaks no rule`(of target: FuzzTarget) throws {
        let inputs = try inputs(of: target)
        #expect(inputs.count > 3)
        for (name, bytes) in inputs {
            let fault = target.fault(in: bytes)
            #expect(fault == nil, "Fuzz/corpus/\(target.rawValue)/\(name)")
        }
    }

    @Test func `has a folder for each target, and for nothing else`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }
}

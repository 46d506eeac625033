import CWslay
import Testing

@testable import WebSocket

/// The reader beside wslay's, a C library that was written by others. wslay takes frames apart, and leaves to its users
/// what a frame may be and how messages are put together; these rules are written once more here.
@Suite struct `The reader and wslay` {
    @Test func `make the same of frames that are right, wrong or random`() {
        var random = Linear(state: 7)
        var failures = 0
        for _ in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0...random.below(5) { bytes += Self.piece(&random) }
            if random.below(4) == 0 {
                for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
                // Behind the end wslay finds what it needs to judge a header that is cut off.
                bytes += [UInt8](repeating: 0, count: 16)
            }
            let expected = Self.reference(bytes)
            let sizes = (0..<3).map { _ in 1 + random.below(random.below(2) == 0 ? 3 : 200) }
            let found = Reading(of: bytes, in: sizes, messageBytes: Self.messageBytes)
            #expect(found.controls == expected.controls, "\(bytes)")
            #expect((found.failure == nil) == (expected.failure == nil), "\(bytes)")
            if found.failure == nil {
                #expect(found.text == expected.text, "\(bytes)")
            } else {
                failures += 1
                #expect(expected.text.starts(with: found.text), "\(bytes)")
                // wslay calls everything that it notices itself a fault of the protocol.
                #expect(found.failure == expected.failure || expected.isWslays, "\(bytes)")
            }
        }
        #expect(failures > 300 && failures < 2900)
    }

    private static let messageBytes = 300

    private static func piece(_ random: inout Linear) -> [UInt8] {
        let opcodes: [UInt8] = [0, 0, 1, 1, 1, 1, 2, 8, 9, 9, 10, 3, 15]
        let opcode = opcodes[random.below(random.below(6) == 0 ? opcodes.count : 6)]
        let length = [0, 1, 5, 124, 125, 126, 200][random.below(7)]
        let letters = Array(["x", "é", "\u{1F333}", "\n"][random.below(4)].utf8)
        var payload = (0..<length).map { letters[$0 % letters.count] }
        if opcode == 8 { payload = [[], [3, 0xE8], [3, 0xE8, 97], [3], [0, 1]][random.below(5)] }
        return frame(
            opcode, payload, fin: random.below(3) > 0, reserved: random.below(20) == 0 ? 4 : 0,
            isMasked: random.below(20) > 0, mask: UInt32(truncatingIfNeeded: random.next()))
    }

    private struct Reference {
        var text: [UInt8] = []
        var controls: [FrameReader.Control] = []
        var failure: CloseReason.Code?
        var isWslays = false
    }

    private final class Source {
        var bytes: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
    }

    private static func reference(_ bytes: [UInt8]) -> Reference {
        var result = Reference()
        var message: [UInt8]?
        let source = Source(bytes)
        var callbacks = wslay_frame_callbacks()
        callbacks.recv_callback = { buffer, count, _, data in
            let source = Unmanaged<Source>.fromOpaque(data!).takeUnretainedValue()
            let piece = source.bytes.prefix(min(count, 7))
            guard !piece.isEmpty else { return -1 }
            for (index, byte) in piece.enumerated() { buffer![index] = byte }
            source.bytes = source.bytes.dropFirst(piece.count)
            return piece.count
        }
        var context: wslay_frame_context_ptr?
        wslay_frame_context_init(&context, &callbacks, Unmanaged.passUnretained(source).toOpaque())
        defer { wslay_frame_context_free(context) }
        while result.failure == nil {
            var header = wslay_frame_iocb()
            var payload: [UInt8] = []
            var isWhole = false
            var isKnown = false
            while true {
                var piece = wslay_frame_iocb()
                let count = wslay_frame_recv(context, &piece)
                if count == Int(WSLAY_ERR_PROTO.rawValue) {
                    (result.failure, result.isWslays) = (.protocolError, true)
                    return result
                }
                if count < 0 { break }
                (header, isKnown) = (piece, true)
                payload += UnsafeBufferPointer(start: piece.data, count: piece.data_length)
                if payload.count == Int(header.payload_length) {
                    isWhole = true
                    break
                }
                // Nobody waits for the end of a frame that is refused by its header.
                if fault(of: header, message) != nil { break }
            }
            guard isKnown else { return result }
            if let fault = fault(of: header, message) {
                result.failure = fault
                return result
            }
            if header.opcode >= 8 {
                guard isWhole else { return result }
                switch header.opcode {
                case 9: result.controls.append(.ping(payload))
                case 10: result.controls.append(.pong)
                default:
                    result.failure = fault(ofClosing: payload)
                    if result.failure != nil { return result }
                    result.controls.append(.close(Array(payload.prefix(2))))
                    return result
                }
                continue
            }
            let whole = (message ?? []) + payload
            let isEnd = isWhole && header.fin == 1
            message = isEnd ? nil : whole
            result.text += payload
            if isEnd, let last = whole.last, last != 10 { result.text.append(10) }
            if !isText(whole, isEnd: isEnd) { result.failure = .invalidText }
            if !isWhole { return result }
        }
        return result
    }

    private static func fault(of header: wslay_frame_iocb, _ message: [UInt8]?) -> CloseReason.Code? {
        if header.rsv != 0 || header.mask == 0 { return .protocolError }
        switch header.opcode {
        case 0: if message == nil { return .protocolError }
        case 1: if message != nil { return .protocolError }
        case 2: return message == nil ? .unsupported : .protocolError
        case 8, 9, 10: return nil
        default: return .protocolError
        }
        return header.payload_length > messageBytes - (message?.count ?? 0) ? .tooBig : nil
    }

    private static func fault(ofClosing payload: [UInt8]) -> CloseReason.Code? {
        guard let first = payload.first else { return nil }
        guard payload.count >= 2 else { return .protocolError }
        let code = Int(first) << 8 | Int(payload[1])
        guard [1000, 1001, 1002, 1003].contains(code) || 1007...1014 ~= code || 3000...4999 ~= code else {
            return .protocolError
        }
        return isText(Array(payload[2...]), isEnd: true) ? nil : .invalidText
    }

    /// By the standard library: whole, or with an end that further bytes may complete.
    private static func isText(_ bytes: [UInt8], isEnd: Bool) -> Bool {
        if String(validating: bytes, as: UTF8.self) != nil { return true }
        guard !isEnd else { return false }
        let ends: [[UInt8]] = [[0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xBF], [0xBF, 0x80], [0xBF, 0x80, 0x80]]
        return ends.contains { String(validating: bytes + $0, as: UTF8.self) != nil }
    }
}

/// Numbers that are the same in each run (Knuth's MMIX).
private struct Linear {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 32
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

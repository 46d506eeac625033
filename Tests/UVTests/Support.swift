import Glibc
import Testing

@testable import UV

/// Plays a story on a loop of its own, until nothing is left open on the loop.
///
/// Each story is a test for leaks as well: at its end the loop is closed, which only succeeds when everything that was
/// made on it is closed. If a story doesn't end, the failure names what is still open.
func play(limit: Duration = .seconds(10), _ story: (Loop) throws -> Void) throws {
    let cast = Cast()
    try Cast.$present.withValue(cast) { try play(limit: limit, on: Loop(), story) }
    for recorder in cast.recorders { recorder.letGo() }
}

private func play(limit: Duration, on loop: Loop, _ story: (Loop) throws -> Void) throws {
    try story(loop)
    var isOver = false
    let watchdog = Timer(on: loop) {
        Issue.record("the story doesn't end; still open: \(loop.openHandles)")
        loop.stop()
    }
    let last = TurnHook(on: loop, kind: .beforePolling) {
        // The remaining two handles are the watchdog's own.
        if loop.openHandles.count == 2, !isOver {
            isOver = true
            watchdog.close()
        }
    }
    watchdog.start(after: limit)
    loop.run()
    last.close()
    if isOver { loop.close() }
}

/// The recorders of a story. They live until it ends.
private final class Cast: @unchecked Sendable {
    @TaskLocal static var present: Cast?
    var recorders: [Recorder] = []
}

/// A handler that records every call, and lets a story add actions. Streams don't hold their handlers, so the story
/// does.
final class Recorder: StreamHandler {
    let stream: UV.Stream
    var bytes: [UInt8] = []
    var drained = 0
    var ends: [UVError?] = []
    var onBytes: (Recorder) -> Void = { _ in }
    var onDrained: (Recorder) -> Void = { _ in }
    var onEnd: (Recorder, UVError?) -> Void = { recorder, _ in recorder.stream.close() }

    init(_ stream: UV.Stream, reading: Bool = true) {
        self.stream = stream
        Cast.present?.recorders.append(self)
        stream.handler = self
        if reading { stream.startReading() }
    }

    var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    func stream(_ stream: UV.Stream, received bytes: RawSpan) {
        bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
        onBytes(self)
    }

    func streamDrained(_ stream: UV.Stream) {
        drained += 1
        onDrained(self)
    }

    func streamEnded(_ stream: UV.Stream, error: UVError?) {
        ends.append(error)
        onEnd(self, error)
    }

    /// Drops the actions, which may hold the recorder.
    func letGo() {
        Cast.present?.recorders.removeAll { $0 === self }
        onBytes = { _ in }
        onDrained = { _ in }
        onEnd = { _, _ in }
    }
}

/// Two connected streams on one loop, made by a listener that is closed again.
func connectedPair(
    on loop: Loop, _ story: @escaping (_ server: UV.Stream, _ client: UV.Stream) -> Void
) throws {
    var server: UV.Stream?
    var client: UV.Stream?
    func go() {
        if let server, let client { story(server, client) }
    }
    var listener: Listener?
    listener = try Listener.bind(on: loop, address: .loopbackIPv4(port: 0)) { stream in
        server = stream
        listener?.close()
        go()
    }
    Stream.connect(on: loop, to: .loopbackIPv4(port: listener!.port), timeout: .seconds(5)) { result in
        client = try? result.get()
        #expect(client != nil)
        go()
    }
}

/// A folder for one test, which is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/uv-tests-XXXXXX".utf8CString)
    _ = try #require(mkdtemp(&template))
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove(path + "/" + name) }
            }
            closedir(folder)
        }
        rmdir(path)
    }
    try body(path)
}

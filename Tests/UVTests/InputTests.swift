import Glibc
import Testing

@testable import UV

@Suite struct `Reading input` {
    private func lines(of descriptor: Int32, limitBytes: Int = 1 << 20) throws -> (lines: [String], error: UVError?) {
        var lines: [String] = []
        var failure: UVError?
        try play { loop in
            var reader: LineReader?
            reader = LineReader(on: loop, descriptor: descriptor, limitBytes: limitBytes) { line in
                lines.append(String(decoding: line, as: UTF8.self))
            } ended: { error in
                failure = error
                reader?.close()
                reader = nil
            }
        }
        return (lines, failure)
    }

    @Test func `takes a pipe line by line, the last without its end too`() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        let text = "one\r\ntwo\n\nlast"
        write(ends[1], text, text.utf8.count)
        close(ends[1])
        #expect(try lines(of: ends[0]).lines == ["one", "two", "", "last"])
    }

    @Test func `takes a file`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/input"
            let expected = (0..<30_000).map { "line \($0)" }
            try Files.replace(path, with: Array(expected.joined(separator: "\n").utf8))
            let file = open(path, O_RDONLY)
            #expect(try lines(of: file).lines == expected)
            close(file)
        }
    }

    @Test func `takes a socket`() throws {
        var ends: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        write(ends[1], "hello\n", 6)
        close(ends[1])
        #expect(try lines(of: ends[0]).lines == ["hello"])
    }

    @Test func `takes a terminal`() throws {
        var master: Int32 = 0
        var slave: Int32 = 0
        try #require(openpty(&master, &slave, nil, nil, nil) == 0)
        #expect(Terminal.isTerminal(slave))
        #expect(Terminal.setEcho(slave, false))
        var size = winsize(ws_row: 24, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
        #expect(Terminal.width(slave) == 132)
        // Control-D at the beginning of a line ends the input.
        write(master, "typed\n\u{4}", 7)
        #expect(try lines(of: slave).lines == ["typed"])
        close(slave)
        close(master)
    }

    @Test func `takes a device`() throws {
        let null = open("/dev/null", O_RDONLY)
        let read = try lines(of: null)
        #expect(read.lines.isEmpty)
        #expect(read.error == nil)
        close(null)
    }

    @Test func `reports an input that cannot be read`() throws {
        #expect(try lines(of: 987).error?.name == "EBADF")
        let folder = open("/", O_RDONLY)
        #expect(try lines(of: folder).error?.name == "EISDIR")
        close(folder)
    }

    @Test func `cuts a line that is too long`() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        write(ends[1], "0123456789\nab\n", 14)
        close(ends[1])
        #expect(try lines(of: ends[0], limitBytes: 4).lines == ["0123", "ab"])
    }

    @Test func `can be paused, and closed in its own callback`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/input"
            try Files.replace(path, with: [UInt8](repeating: 65, count: 500_000))
            for isPipe in [true, false] {
                var ends: [Int32] = [0, 0]
                var file: Int32 = -1
                if isPipe {
                    pipe(&ends)
                    write(ends[1], "12345", 5)
                } else {
                    file = open(path, O_RDONLY)
                }
                try play { loop in
                    var isPaused = false
                    var reader: InputReader?
                    let timer = Timer(on: loop) {
                        isPaused = false
                        reader?.resume()
                        if isPipe { write(ends[1], "678", 3) }
                    }
                    var pieces = 0
                    reader = InputReader(on: loop, descriptor: isPipe ? ends[0] : file) { _ in
                        #expect(!isPaused)
                        pieces += 1
                        if pieces == 1 {
                            reader?.pause()
                            isPaused = true
                            timer.start(after: .milliseconds(20))
                        } else {
                            reader?.close()
                            reader?.close()
                            reader = nil
                            timer.close()
                        }
                    } ended: { _ in
                        Issue.record("ended although closed")
                    }
                }
                if isPipe { close(ends[1]) } else { close(file) }
            }
        }
    }

    @Test func `leaves a standard descriptor as it found it`() throws {
        // Others share this descriptor, so it must not stay non-blocking. The reader restores descriptors by their
        // number, so the pipe takes number 0.
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        let before = fcntl(ends[0], F_GETFL)
        let saved = dup(0)
        dup2(ends[0], 0)
        write(ends[1], "x\n", 2)
        close(ends[1])
        #expect(try lines(of: 0).lines == ["x"])
        #expect(fcntl(0, F_GETFL) == before)
        dup2(saved, 0)
        close(saved)
        close(ends[0])
    }
}

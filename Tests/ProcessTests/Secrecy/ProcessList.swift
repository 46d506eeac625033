import Foundation

/// What all processes of this machine show of themselves, again and again in a thread of its own, as somebody looks who
/// waits for a secret.
final class ProcessList: @unchecked Sendable {
    private let words: [[UInt8]]
    private let lock = NSLock()
    private var isEnded = false
    private var found: Set<String> = []
    private var rounds = 0
    private var thread: Thread?
    private let done = DispatchSemaphore(value: 0)

    /// - Parameter words: what must not be seen.
    init(watchingFor words: [String]) {
        self.words = words.map { Array($0.utf8) }
        let thread = Thread { [self] in
            while !lock.withLock({ isEnded }) { look() }
            done.signal()
        }
        self.thread = thread
        thread.start()
    }

    private func look() {
        let own = getpid()
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int32(entry), pid != own else { continue }
            for file in ["cmdline", "environ", "comm"] {
                guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") else { continue }
                let bytes = [UInt8](data)
                for word in words where bytes.contains(word) {
                    let name = String(decoding: bytes.prefix(60).map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
                    lock.withLock { _ = found.insert("\(file) of \(name)") }
                }
            }
        }
        lock.withLock { rounds += 1 }
    }

    /// Where a word was seen, and how often all processes were looked at.
    func end() -> (found: [String], rounds: Int) {
        lock.withLock { isEnded = true }
        done.wait()
        return lock.withLock { (found.sorted(), rounds) }
    }
}

extension [UInt8] {
    func contains(_ word: [UInt8]) -> Bool {
        Data(self).range(of: Data(word)) != nil
    }
}

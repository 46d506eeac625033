import JWT
import LogLines
import Logging
import Tree
import UV

/// Checks tokens by which somebody else vouches for users, in the thread pool: a signature takes up to 0.1 ms.
///
/// The keys are read again when their file changes, and when the operator says so. A file that can't be used changes
/// nothing.
public final class TokenAuthority {
    private let file: TokenFile
    private var keys: KeySet
    /// Of what was tried last, so that a fault is told once.
    private var lastTried: Int?
    private(set) var reading = FileReading()
    private var loop: Loop?
    private var logger: Logger?
    private var timer: Timer?
    private var done: ((Event) -> Void)?
    private var isLooking = false

    /// Reads the file. It blocks, and is for the start of the node.
    public init(_ file: TokenFile) throws(TokenFile.Failure) {
        self.file = file
        let contents = try file.read()
        keys = contents.keys
        lastTried = contents.digest
    }

    /// From now on tokens are checked, and the file is looked at.
    ///
    /// - Parameter done: takes what became of them.
    func start(on loop: Loop, _ logger: Logger, done: @escaping (Event) -> Void) {
        self.loop = loop
        self.logger = logger
        self.done = done
        if keys.isSecret, Files.isReadableByOthers(file.path) {
            logger[.tokenKeysReadable].warning(
                "other users can read the secret in \(file.path) (--jwt-key): chmod 600 \(file.path)")
        }
        tellFindings()
        timer = Timer(on: loop) { [unowned self] in look(isOrdered: false) }
        timer!.start(after: Settings.certificateLook, repeating: Settings.certificateLook)
    }

    func close() {
        timer?.close()
        timer = nil
        done = nil
    }

    func check(_ ticket: Ticket, _ token: Secret) {
        guard let loop else { return }
        let now = Double(Loop.wallMilliseconds) / 1000
        Work.run(on: loop) { [keys, rules = file.rules] in
            Result { () throws(TokenFault) in try keys.name(in: token.text, rules, at: now) }
        } done: { [self] result in
            switch result {
            case .success(let name): done?(.vouched(ticket, .name(name)))
            case .failure(let fault):
                done?(.vouched(ticket, .refused(info: fault.description, isForged: fault.isForged)))
            }
        }
    }

    /// Reads the file again, in the thread pool.
    ///
    /// - Parameter isOrdered: the operator waits for an answer in the log, also if nothing has changed.
    func look(isOrdered: Bool) {
        guard !isLooking, let loop, timer != nil else { return }
        isLooking = true
        Work.run(on: loop) { [file] in
            Result { () throws(TokenFile.Failure) in try file.read() }
        } done: { [self] result in
            isLooking = false
            if timer != nil { take(result, isOrdered: isOrdered) }
        }
    }

    private func take(_ result: Result<TokenFile.Contents, TokenFile.Failure>, isOrdered: Bool) {
        switch result {
        case .success(let contents):
            guard isOrdered || contents.digest != lastTried else { return }
            lastTried = contents.digest
            keys = contents.keys
            reading.succeeded()
            logger?[.tokenKeysRead].notice("read the keys for tokens in \(file.path) again: \(keys.count) of them")
            tellFindings()
        case .failure(let failure):
            guard isOrdered || lastTried != nil else { return }
            lastTried = nil
            reading.failed()
            logger?[.tokenKeysUnusable].error(
                "the keys for tokens stay as they were: \(failure)", metadata: ["fault": "keys for tokens"])
        }
    }

    private func tellFindings() {
        for finding in keys.findings {
            logger?[.tokenKeyLeftOut].warning("\(file.path): \(finding) (--jwt-key)", metadata: ["fault": "\(finding)"])
        }
    }
}

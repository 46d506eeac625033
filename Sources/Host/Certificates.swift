import LogLines
import Logging
import TLS
import UV

/// A node's certificate and key, for clients or for links, as they are now: read again when the files change, and when
/// the operator says so.
///
/// Connections that stand keep what they began with. Files that can't be used change nothing: the node goes on with
/// what it has, and says why.
public final class Certificates {
    private let files: TLSFiles
    /// The host name under which clients are told to come here.
    private let hostname: String
    private var contexts: TLSFiles.Contexts
    /// Of what was tried last, so that a fault is told once; nil if it could not be read. The key itself isn't kept.
    private var lastTried: Int?
    private(set) var reading = FileReading()
    private var loop: Loop?
    private var logger: Logger?
    private var timer: Timer?
    private var isLooking = false
    private var endToldAt: UInt64?

    /// Reads the files. It blocks, and is for the start of the node.
    ///
    /// - Parameter hostname: the node's own, as it tells it to clients and to other nodes.
    public init(_ files: TLSFiles, for hostname: String) throws(TLSFiles.Failure) {
        self.files = files
        self.hostname = hostname
        let contents = try files.read()
        contexts = try files.contexts(of: contents)
        lastTried = contents.hashValue
    }

    /// What new connections of others begin with.
    var context: TLSContext { contexts.accepting }

    /// What new links to other nodes begin with, by a copy that proves a key; nil if these files aren't for links.
    var dialling: TLSContext? { contexts.dialling }

    /// What an operator should know of the files as they are now.
    var findings: [String] { [readableKey, otherName, end(at: Loop.wallMilliseconds)?.words].compactMap { $0 } }

    /// What to say of a certificate that clients refuse who come by the node's own name, as those do that are sent
    /// here.
    private var otherName: String? {
        guard files.use == .clients, !context.isFor(hostname) else { return nil }
        return
            "the certificate in \(files.certificate) isn't for \(hostname), the host name that this node tells others: "
            + "clients that come by it refuse the certificate (--tls-cert, -lh)"
    }

    private var readableKey: String? {
        guard Files.isReadableByOthers(files.key) else { return nil }
        return "other users can read the private key in \(files.key) (\(files.use.keyFlag)): chmod 600 \(files.key)"
    }

    /// What to say of a certificate that has ended or ends soon; nil of another one.
    private func end(at wallMilliseconds: UInt64) -> (hasCome: Bool, words: String)? {
        guard let expires = context.expires else { return nil }
        let left = expires - Int64(wallMilliseconds / 1000)
        guard left < Settings.certificateWarningSeconds else { return nil }
        let flag = files.use.certificateFlag
        let others = files.use == .clients ? "clients" : "other nodes"
        return left <= 0
            ? (true, "the certificate in \(files.certificate) has expired: \(others) refuse it (\(flag))")
            : (false, "the certificate in \(files.certificate) ends in \(left / 86_400) days (\(flag))")
    }

    /// From now on the files are looked at.
    func start(on loop: Loop, _ logger: Logger) {
        self.loop = loop
        self.logger = logger
        if let readableKey { logger[.keyReadable].warning("\(readableKey)") }
        tellOfName()
        timer = Timer(on: loop) { [unowned self] in
            tellOfEnd()
            look(isOrdered: false)
        }
        timer!.start(after: Settings.certificateLook, repeating: Settings.certificateLook)
        tellOfEnd()
    }

    func close() {
        timer?.close()
        timer = nil
    }

    /// Reads the files again, in the thread pool: a disk that hangs must not stop the node.
    ///
    /// - Parameter isOrdered: the operator waits for an answer in the log, also if nothing has changed.
    func look(isOrdered: Bool) {
        guard !isLooking, let loop, timer != nil else { return }
        isLooking = true
        Work.run(on: loop) { [files] in
            Result { () throws(TLSFiles.Failure) in try files.read() }
        } done: { [self] result in
            isLooking = false
            if timer != nil { take(result, isOrdered: isOrdered) }
        }
    }

    private func take(_ result: Result<TLSFiles.Contents, TLSFiles.Failure>, isOrdered: Bool) {
        do throws(TLSFiles.Failure) {
            let contents = try result.get()
            guard isOrdered || contents.hashValue != lastTried else { return }
            lastTried = contents.hashValue
            contexts = try files.contexts(of: contents)
            reading.succeeded()
            endToldAt = nil
            logger?[.certificateRead].notice(
                "read the certificate in \(files.certificate) again: new connections get it")
            tellOfName()
            tellOfEnd()
        } catch {
            reading.failed()
            if case .failure = result { lastTried = nil }
            logger?[.certificateUnusable].error(
                "the certificate stays as it was: \(error)",
                metadata: ["fault": "files of \(files.use.certificateFlag)"])
        }
    }

    private func tellOfName() {
        if let otherName { logger?[.certificateOtherName].warning("\(otherName)") }
    }

    /// Warns of a certificate that ends soon, once a day.
    private func tellOfEnd() {
        guard let end = end(at: Loop.wallMilliseconds) else { return }
        let now = Loop.bootNanoseconds
        if let endToldAt, now - endToldAt < Settings.certificateWarningPauseNanoseconds { return }
        endToldAt = now
        logger?[.certificateEnds].log(level: end.hasCome ? .error : .warning, "\(end.words)")
    }
}

import TLS
import Tree
import UV
import Wire

// What the first bytes of a connection show: who is there, and how it speaks.

extension Connection {
    /// Looks at what came first: TLS, or lines, with lengths before them or without.
    ///
    /// - Returns: whether the bytes are to be read as lines, now.
    func begins(with bytes: RawSpan) -> Bool {
        if isDialled {
            recognise(bytes)
            return true
        }
        let kept = opening ?? []
        if kept.isEmpty, ProxyHeader.begins(bytes) {
            server.refuseForeignHeader(self)
            return false
        }
        // So it is with nearly all who come, and thousands may come at once.
        if kept.isEmpty, let first = bytes.withUnsafeBytes({ $0.first }), FirstBytes.isOther(first) {
            isBeginning = false
            return true
        }
        let first = kept + bytes.withUnsafeBytes { Array($0.prefix(FirstBytes.needed)) }
        let verdict = verdict(on: first)
        guard kept.isEmpty, verdict == .other else {
            keep(bytes, after: kept, as: verdict)
            return false
        }
        isBeginning = false
        return true
    }

    /// There is no TLS inside of TLS.
    private func verdict(on first: [UInt8]) -> FirstBytes {
        let verdict = FirstBytes(first)
        return verdict == .tls && stream.isFiltered ? .other : verdict
    }

    private func keep(_ bytes: RawSpan, after kept: [UInt8], as verdict: FirstBytes) {
        let all = kept + bytes.withUnsafeBytes { Array($0) }
        switch verdict {
        case .undecided:
            opening = all
            server.unfinished?.note(all.count, of: id, isAnother: false, at: Loop.monotonicNanoseconds)
        case .other, .http:
            (opening, isBeginning) = (nil, false)
            if verdict == .http { form = .http }
            read(all.span.bytes)
        case .tls:
            // Who sends more before it has heard anything speaks no TLS.
            guard all.count <= Settings.helloBytes else { return refuseTLS() }
            server.unfinished?.forget(id)
            // It may be read from again before its turn comes.
            if FirstBytes(kept) != .tls { server.enqueueHandshake(self) }
            opening = all
            stream.stopReading()
        }
    }

    /// Goes on with what came first: from here on it is TLS, and what is inside begins anew.
    func beginTLS(_ filter: TLSFilter) {
        guard !isGone, let first = opening else { return }
        opening = nil
        server.atOneMoment { stream.install(filter, received: first) }
        if !isPaused, !isGone { stream.startReading() }
    }

    /// From here on it is TLS, which this side begins.
    func beginLink(_ filter: TLSFilter) {
        guard !isGone else { return }
        server.atOneMoment { stream.install(filter) }
    }

    /// There is no TLS to be had here.
    func refuseTLS() {
        guard !isGone else { return }
        opening = nil
        stream.write(FirstBytes.noTLS)
        end()
    }

    /// The other side has ended before it had shown who it is.
    func openingEnded() {
        if isDialled { return recognise([UInt8]().span.bytes, isAll: true) }
        guard let all = opening, FirstBytes(all) != .tls else { return }
        keep([UInt8]().span.bytes, after: all, as: .other)
    }

    /// Reports which kind of server is there, if the first bytes are no beginning of a message.
    private func recognise(_ bytes: RawSpan, isAll: Bool = false) {
        bytes.withUnsafeBytes { opening?.append(contentsOf: $0.prefix(Settings.openingBytes)) }
        guard let first = opening else { return }
        if let server = ForeignServer.recognised(by: first.span.bytes, isAll: isAll) {
            self.server.post(.receivedForeign(id, server))
        } else if first.count < 4 {
            return
        }
        opening = nil
        isBeginning = false
    }
}

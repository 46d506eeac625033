/// What inputs can be made up for: each target has a rule that no input may break.
///
/// `make fuzz` makes up inputs, and the tests play those in `Fuzz/corpus`, in a folder for each target.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// Reading a line quickly and reading it thoroughly agree.
    case lines
    /// A stream is cut into the same lines in pieces of any size.
    case framing
    /// A message that is written and read again is the same.
    case messages
    /// A text of the original system's `writeUTF` is read as it was meant.
    case translate
    /// The frames of a WebSocket are read the same in pieces of any size.
    case websocket
    /// Requests are read the same in pieces of any size.
    case http
    /// What a balancer says first is read the same in pieces of any size.
    case proxy
    /// A link opens for those who both know the secret, and as long as nobody changes what they say.
    case handshake
    /// What is read of a file that a disk has damaged is what was written, or is called damaged.
    case files
    /// A whole node survives what several connections say to it, and serves its client.
    case node

    /// - Parameter isPlanted: whether something in the target is wrong on purpose, to see that it is found.
    /// - Returns: how the input breaks the target's rule; nil if it doesn't, as it has to be.
    public func fault(in input: [UInt8], isPlanted: Bool = false) -> String? {
        switch self {
        case .lines: Comparison(of: input, thoroughDepthLimit: isPlanted ? 3 : nil).disagreement
        case .framing: FramingPieces.disagreement(in: input, isPlanted: isPlanted)
        case .messages: MessageRoundTrip.disagreement(on: input, isPlanted: isPlanted)
        case .translate: TranslatedText.fault(in: input, isPlanted: isPlanted)
        case .websocket: WebSocketPieces.disagreement(in: input, isPlanted: isPlanted)
        case .http: RequestPieces.disagreement(in: input, isPlanted: isPlanted)
        case .proxy: ProxyPieces.disagreement(in: input, isPlanted: isPlanted)
        case .handshake: HandshakeScript.fault(in: input, isPlanted: isPlanted)
        case .files: SavedFiles.fault(in: input, isPlanted: isPlanted)
        case .node: NodeScript.fault(in: input, isPlanted: isPlanted)
        }
    }
}

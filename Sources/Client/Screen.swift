import UV

/// Shows pictures one after the other: in the place of the last one on a terminal that can do that, elsewhere below it.
///
/// Each picture is written over the last one, in one piece, so nothing flickers. The terminal isn't switched to another
/// mode, and its cursor isn't hidden. So the terminal is in order however the program ends.
struct Screen {
    private let isLive: Bool
    /// How many lines the last picture has. The cursor stands on the line below it.
    private var lines = 0
    private var isFirst = true

    init() { isLive = Self.understandsEscapes }

    /// Whether standard output is a terminal that can do more than print.
    static var understandsEscapes: Bool {
        guard Terminal.isTerminal(1), let kind = EnvironmentVariable.value("TERM") else { return false }
        return kind != "dumb"
    }

    /// How many columns a line may have; nil if there is no terminal, so that nothing has to be cut.
    static var width: Int? {
        // One column stays free: after a full line, some terminals wrap at once and others later.
        Terminal.isTerminal(1) ? max(1, (Terminal.width(1) ?? 80) - 1) : nil
    }

    var style: Style { Style(hasColour: isLive && EnvironmentVariable.value("NO_COLOR") == nil) }

    /// - Returns: whether the picture could be written.
    mutating func show(_ picture: String) -> Bool {
        defer { isFirst = false }
        guard isLive else { return StandardOutput.write((isFirst ? "" : "\n") + picture) }
        let drawn = Self.fitted(picture, height: Terminal.height(1) ?? 24)
        let above = lines == 0 ? "" : "\u{1b}[\(lines)A"
        lines = drawn.count
        return StandardOutput.write(above + "\r" + drawn.map { $0 + "\u{1b}[K\r\n" }.joined() + "\u{1b}[J")
    }

    /// To be called when the terminal's size has changed. Lines may have wrapped, so the screen is cleared.
    mutating func resized() {
        guard isLive, lines > 0 else { return }
        lines = 0
        StandardOutput.write("\u{1b}[H\u{1b}[2J")
    }

    /// Removes what the terminal shows of the Control-C that ended the program.
    func end() {
        if isLive { StandardOutput.write("\r\u{1b}[K") }
    }

    /// A text on as many lines as it needs. A word that is longer than a line is cut.
    static func wrapped(_ text: String, width: Int?) -> String {
        guard let width else { return text + "\n" }
        var lines: [String] = [""]
        for word in text.split(separator: " ") {
            let joined = lines.last!.isEmpty ? String(word) : lines.last! + " " + word
            if joined.count <= width {
                lines[lines.count - 1] = joined
            } else {
                lines.append(String(word.prefix(width)))
            }
        }
        return lines.filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
    }

    /// A picture that is too long is cut. It would scroll, and the next one could not be written over it.
    static func fitted(_ picture: String, height: Int) -> [String] {
        let lines = picture.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        let room = max(2, height - 1)
        guard lines.count > room else { return lines }
        return lines.prefix(room - 1) + ["… and \(lines.count - room + 1) lines more"]
    }
}

extension Unicode.Scalar {
    /// Whether the character has no shape of its own but changes how others look: a control character, a line or
    /// paragraph separator, or a format character such as those that turn the direction of a text. In a log it could
    /// hide text, or make one line look like two.
    public var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// The character as `\u{…}`, with its hexadecimal number.
    public var escaped: String { "\\u{\(String(value, radix: 16))}" }
}

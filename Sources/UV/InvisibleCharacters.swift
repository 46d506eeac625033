extension Unicode.Scalar {
    /// It has no shape of its own but changes how others look: a control character, a line or paragraph separator, or a
    /// format character such as those that turn the direction of a text. In a log it could hide what somebody wrote, or
    /// make a line look like two.
    public var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// As `\u{…}`.
    public var escaped: String { "\\u{\(String(value, radix: 16))}" }
}

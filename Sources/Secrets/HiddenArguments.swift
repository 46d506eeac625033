/// Removes the values of options that hold secrets from what other users see of this process (`ps`, `/proc`).
///
/// There is a moment at the start before that happens. So files and environment variables are the better way to pass a
/// secret.
public enum HiddenArguments {
    /// Overwrites the values of these options, in both forms, `-s VALUE` and `--secret=VALUE`. To be called after the
    /// command line was read, and before any thread was started.
    public static func hide(valuesOf options: [String]) {
        let arguments = CommandLine.unsafeArgv
        var hidesNext = false
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = arguments[index] else { continue }
            let text = String(cString: argument)
            if hidesNext {
                overwrite(argument, from: 0)
                hidesNext = false
            } else if options.contains(text) {
                hidesNext = true
            } else if let equals = text.firstIndex(of: "="), options.contains(String(text[..<equals])) {
                overwrite(argument, from: text.utf8.distance(from: text.startIndex, to: equals) + 1)
            }
        }
    }

    private static func overwrite(_ argument: UnsafeMutablePointer<CChar>, from start: Int) {
        var index = start
        while argument[index] != 0 {
            argument[index] = CChar(UInt8(ascii: "*"))
            index += 1
        }
    }
}

import CEdit
import Glibc

enum Characters {
    /// Whether the process's locale is set up: it decides what letters are and how wide. Text is decoded as UTF-8 here
    /// whatever the environment says, so a UTF-8 locale is asked for first.
    static let areKnown = setlocale(LC_CTYPE, "C.UTF-8") != nil || setlocale(LC_CTYPE, "") != nil

    /// How many scalars the last visible character consists of. A flag has two, and an accented letter may have two.
    static func countOfLast(_ text: some Collection<Unicode.Scalar>) -> Int {
        Self.text(text).last?.unicodeScalars.count ?? 0
    }

    static func countOfFirst(_ text: some Collection<Unicode.Scalar>) -> Int {
        Self.text(text).first?.unicodeScalars.count ?? 0
    }

    private static func text(_ scalars: some Collection<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

/// Wraps libedit: the line that is being typed, the position of the cursor in it, and the terminal's mode.
///
/// libedit edits: it knows words, the kill ring and the modes of a terminal. Its own drawing is thrown away. It can't
/// draw a line again below text that was printed meanwhile, nor after the terminal's width has changed. It also never
/// waits for a key, but gets one command at a time.
final class EditBuffer {
    private let edit: OpaquePointer
    private let input: UnsafeMutablePointer<FILE>
    private let nowhere: UnsafeMutablePointer<FILE>
    /// The character that libedit reads next.
    private var next: UInt8?
    private var isOpen = true

    /// Takes the terminal at descriptors 0 and 1, and switches it to raw mode.
    ///
    /// - Returns: nil where libedit can't edit.
    init?() {
        guard Characters.areKnown else { return nil }
        let copy = dup(0)
        guard copy >= 0, let input = fdopen(copy, "r") else { return nil }
        guard let nowhere = fopen("/dev/null", "w") else {
            fclose(input)
            return nil
        }
        guard let edit = el_init_fd("coppice", input, nowhere, nowhere, 0, 1, 2) else {
            fclose(input)
            fclose(nowhere)
            return nil
        }
        self.edit = edit
        self.input = input
        self.nowhere = nowhere
        _ = coppice_edit_keys_of_emacs(edit)
        for command in EditCommand.allCases {
            _ = coppice_edit_bind(edit, "\\" + String(command.character, radix: 8), command.function)
        }
        _ = coppice_edit_read_with(edit, nextCharacter, Unmanaged.passUnretained(self).toOpaque())
        _ = coppice_edit_go_by_command(edit, 1)
    }

    deinit { close() }

    /// Gives the terminal back in its former state. Idempotent.
    func close() {
        guard isOpen else { return }
        isOpen = false
        _ = coppice_edit_go_by_command(edit, 0)
        el_end(edit)
        fclose(input)
        fclose(nowhere)
    }

    /// Turns raw mode on, in which keys come as they are pressed, or off, so that the terminal is as it was before.
    func setRawMode(_ on: Bool) {
        guard isOpen else { return }
        _ = coppice_edit_raw_mode(edit, on ? 1 : 0)
    }

    // MARK: The line

    var text: [Unicode.Scalar] {
        let line = el_wline(edit).pointee
        return (line.buffer..<line.lastchar).map { Unicode.Scalar(UInt32(bitPattern: Int32($0.pointee))) ?? "\u{fffd}" }
    }

    /// How many characters there are.
    var count: Int {
        let line = el_wline(edit).pointee
        return line.lastchar - line.buffer
    }

    /// How many characters stand before the cursor.
    var cursor: Int {
        let line = el_wline(edit).pointee
        return line.cursor - line.buffer
    }

    /// Inserts text at the cursor and moves the cursor behind it.
    func insert(_ text: some Sequence<Unicode.Scalar>) {
        // A zero would end the text for libedit.
        var characters = text.filter { $0.value != 0 }.map { wchar_t(bitPattern: $0.value) }
        guard !characters.isEmpty else { return }
        characters.append(0)
        _ = el_winsertstr(edit, characters)
    }

    func replace(with text: [Unicode.Scalar]) {
        _ = el_cursor(edit, Int32(clamping: count))
        el_deletestr(edit, Int32(clamping: count))
        insert(text)
    }

    func perform(_ command: EditCommand) {
        for _ in 0..<steps(of: command) {
            next = command.character
            var count: Int32 = 0
            _ = el_wgets(edit, &count)
            next = nil
        }
    }

    /// How often a command has to be performed. libedit moves by Unicode scalars, while a person sees characters.
    private func steps(of command: EditCommand) -> Int {
        switch command {
        case .left, .deleteBefore: Characters.countOfLast(text.prefix(cursor))
        case .right, .deleteAfter: Characters.countOfFirst(text.dropFirst(cursor))
        default: 1
        }
    }

    /// Moves the cursor to the left by this many characters.
    func goBack(by count: Int) {
        _ = el_cursor(edit, -Int32(clamping: count))
    }

    fileprivate func takeNext() -> UInt8? {
        defer { next = nil }
        return next
    }
}

/// - Returns: how many characters were read; none when the command has been performed.
private func nextCharacter(_ edit: OpaquePointer?, _ character: UnsafeMutablePointer<wchar_t>?) -> Int32 {
    guard let data = coppice_edit_data(edit) else { return 0 }
    return Unmanaged<EditBuffer>.fromOpaque(data)._withUnsafeGuaranteedRef { buffer in
        guard let next = buffer.takeNext() else { return 0 }
        character!.pointee = wchar_t(next)
        return 1
    }
}

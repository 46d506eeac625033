/// What a key does to the line that is being typed.
enum EditCommand: UInt8, CaseIterable {
    case left, right, toStart, toEnd
    case wordLeft, wordRight
    case deleteBefore, deleteAfter
    case deleteWordBefore, deleteWordAfter
    case cutToStart, cutToEnd
    case paste
    case transpose
    case upperCase, lowerCase, capitalise

    /// The name of libedit's function for the command.
    var function: String {
        switch self {
        case .left: "ed-prev-char"
        case .right: "ed-next-char"
        case .toStart: "ed-move-to-beg"
        case .toEnd: "ed-move-to-end"
        case .wordLeft: "ed-prev-word"
        case .wordRight: "em-next-word"
        case .deleteBefore: "em-delete-prev-char"
        case .deleteAfter: "ed-delete-next-char"
        case .deleteWordBefore: "ed-delete-prev-word"
        case .deleteWordAfter: "em-delete-next-word"
        case .cutToStart: "vi-kill-line-prev"
        case .cutToEnd: "ed-kill-line"
        case .paste: "em-yank"
        case .transpose: "ed-transpose-chars"
        case .upperCase: "em-upper-case"
        case .lowerCase: "em-lower-case"
        case .capitalise: "em-capitol-case"
        }
    }

    /// The character that is bound to this command inside libedit. Text never reaches libedit that way, so all of these
    /// characters are free.
    var character: UInt8 { 0x81 + rawValue }
}

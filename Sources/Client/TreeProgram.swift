import JSON
import Tree
import UV
import Wire

/// What `coppice tree` has to do.
public struct TreeSettings {
    /// Whom it asks, and how often.
    public var source: StatusSource
    public var printsJSON = false

    public init(_ source: StatusSource) {
        self.source = source
    }
}

/// `coppice tree` from its start to its end: asks, prints, and asks again if it watches.
public final class TreeProgram: LoopProgram {
    private let settings: TreeSettings
    private let view: StatusView
    /// The last status that a node gave; nil while no node answers.
    private var last: TreeStatus?
    private(set) var status: Int32 = 0

    /// - Returns: the exit status: 0, or 1 if there was no answer or the asked node isn't in the tree that it should
    ///   have joined.
    public static func run(_ settings: TreeSettings) -> Int32 { runToEnd(settings) }

    init(on loop: Loop, _ settings: TreeSettings) {
        self.settings = settings
        view = StatusView(on: loop, settings.source, draws: !settings.printsJSON)
    }

    func start() {
        if isWatching {
            view.watch { [unowned self] in
                redraw()
            } end: { [unowned self] status in
                end(status)
            }
        }
        view.start { [unowned self] outcome in
            switch outcome {
            case .status(let status): show(status)
            case .left: if !view.left(last.map(picture)) { end(LostOutput.status) }
            case .failure(let failure): show(failure)
            }
        }
    }

    private var isWatching: Bool { settings.source.pause != nil }

    // MARK: The answer

    private func show(_ failure: StatusFailure) {
        guard isWatching else {
            StandardError.write("Error: \(Printable.text(failure.description))\n")
            return end(1)
        }
        last = nil
        if !view.show(failure) { end(LostOutput.status) }
    }

    private func show(_ status: TreeStatus) {
        last = status
        let isWritten: Bool
        if settings.printsJSON {
            isWritten = StandardOutput.write(status.json.encoded + [UInt8(ascii: "\n")])
        } else {
            isWritten = isWatching ? view.show(picture(of: status)) : StandardOutput.write(picture(of: status))
        }
        guard isWritten else { return end(LostOutput.status) }
        if isWatching { return }
        guard let trouble = status.asked.trouble else { return end(0) }
        StandardError.write("Error: \(Printable.text("\(view.asked) is not joined: \(trouble)"))\n")
        end(1)
    }

    private func picture(of status: TreeStatus) -> String {
        TreePicture.draw(status, view.style, width: Screen.width)
    }

    /// Draws the last picture again.
    private func redraw() {
        guard let last, !settings.printsJSON else { return }
        if !view.show(picture(of: last)) { end(LostOutput.status) }
    }

    private func end(_ status: Int32) {
        self.status = status
        view.close()
    }
}

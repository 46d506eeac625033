/// The page to chat with: a few files that a browser loads from a node. There is no build step: the files in `files`
/// are what is served.
public enum Page {
    /// A file of the page.
    public struct File: Sendable {
        /// Where the browser finds it, as `/chat.js`.
        public let path: String
        /// The type of its content.
        public let type: String
        public let bytes: [UInt8]
    }

    private static let script = "text/javascript; charset=utf-8"

    /// All of them.
    public static let files = [
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        File(path: "/chat.css", type: "text/css; charset=utf-8", bytes: PackageResources.chat_css),
        File(path: "/chat.js", type: script, bytes: PackageResources.chat_js),
        File(path: "/connection.js", type: script, bytes: PackageResources.connection_js),
        File(path: "/icon.svg", type: "image/svg+xml", bytes: PackageResources.icon_svg),
    ]
}

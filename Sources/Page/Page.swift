/// The pages: a few files that a browser loads from a node, one page to chat with, and one to look at the tree with.
/// There is no build step: the files in `files` are what is served. `coppice.js` is the library for JavaScript, by a
/// link.
public enum Page {
    /// A file of a page.
    public struct File: Sendable {
        /// Where the browser finds it, as `/chat.js`.
        public let path: String
        /// The type of its content.
        public let type: String
        public let bytes: [UInt8]
    }

    private static let script = "text/javascript; charset=utf-8"

    private static let icon = File(path: "/icon.svg", type: "image/svg+xml", bytes: PackageResources.icon_svg)

    /// The page on the clients' port, to chat with.
    public static let files = [
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        File(path: "/chat.css", type: "text/css; charset=utf-8", bytes: PackageResources.chat_css),
        File(path: "/chat.js", type: script, bytes: PackageResources.chat_js),
        File(path: "/coppice.js", type: script, bytes: PackageResources.coppice_js),
        icon,
    ]

    /// The page on the admin port, to look at the tree with.
    public static let treeFiles = [
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.tree_html),
        File(path: "/tree.css", type: "text/css; charset=utf-8", bytes: PackageResources.tree_css),
        File(path: "/tree.js", type: script, bytes: PackageResources.tree_js),
        File(path: "/layout.js", type: script, bytes: PackageResources.layout_js),
        icon,
    ]
}

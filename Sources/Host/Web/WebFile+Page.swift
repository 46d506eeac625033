import Page

extension WebFile {
    /// The page to chat with, by the paths of its files.
    static let page = byPath(Page.files)

    /// The page of the admin port. It may ask the node that it comes from, and nobody else.
    static let treePage = byPath(Page.treeFiles, connecting: "'self'")

    private static func byPath(_ files: [Page.File], connecting sources: String = "'self' ws: wss:") -> [String:
        WebFile]
    {
        var found: [String: WebFile] = [:]
        for file in files { found[file.path] = WebFile(type: file.type, bytes: file.bytes, connecting: sources) }
        return found
    }
}

import Page

extension WebFile {
    /// The page to chat with, by the paths of its files.
    static let page: [String: WebFile] = {
        var files: [String: WebFile] = [:]
        for file in Page.files { files[file.path] = WebFile(type: file.type, bytes: file.bytes) }
        return files
    }()
}

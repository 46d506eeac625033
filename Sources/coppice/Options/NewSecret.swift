import UV

/// A new secret that is typed at a terminal, twice, until both are the same.
enum NewSecret {
    /// - Parameters:
    ///   - name: the account that gets the secret.
    ///   - emptyMeans: if given, an empty answer is allowed, and the prompt says what it means.
    /// - Returns: nil if there is no terminal, or its input has ended.
    static func ask(of name: String, emptyMeans: String? = nil) -> String? {
        let offer = emptyMeans.map { " (Enter: \($0))" } ?? ""
        while true {
            guard let secret = SecretPrompt.read("New secret of \(name)\(offer): ") else { return nil }
            if secret.isEmpty {
                if emptyMeans != nil { return secret }
                StandardError.write("The secret is empty: try again.\n")
                continue
            }
            guard let again = SecretPrompt.read("Again: ") else { return nil }
            if again == secret { return secret }
            StandardError.write("The two are not the same: try again.\n")
        }
    }
}

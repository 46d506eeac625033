import UV

/// A program that asks a running node by an `AdministrationCall`, prints what it answers, and ends.
protocol AdministrationProgram: LoopProgram {
    var call: AdministrationCall { get }
    var status: Int32 { get set }

    /// Ends the program. A program that waits for more than the call stops that here as well.
    func end(_ status: Int32)
}

extension AdministrationProgram {
    func end(_ status: Int32) {
        self.status = status
        call.end()
    }

    /// Ends the program with an error for people.
    func fail(_ reason: String) {
        StandardError.write("Error: \(Printable.text(reason))\n")
        end(1)
    }
}

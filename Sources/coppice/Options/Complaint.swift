/// Why a program ends with status 1, printed as `Error: …` on standard error.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ cause: some CustomStringConvertible) {
        description = cause.description
    }
}

@main struct Coppice { static func main() {} }

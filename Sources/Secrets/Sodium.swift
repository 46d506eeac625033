import CSodium

/// Whether libsodium is set up. It is read before any call, on any thread.
private let isReady = sodium_init() >= 0

/// Makes sure that libsodium is set up. Without it nothing in this module is safe, so the program stops.
@inline(__always)
func needSodium() {
    precondition(isReady, "libsodium cannot be set up")
}

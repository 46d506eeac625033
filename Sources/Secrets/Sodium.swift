import CSodium

/// libsodium, set up. Read it before any call; any thread may.
private let isReady = sodium_init() >= 0

/// Makes sure that libsodium is set up. Without it nothing here can be done safely, so the program stops.
@inline(__always)
func needSodium() {
    precondition(isReady, "libsodium cannot be set up")
}

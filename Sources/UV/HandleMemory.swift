import CLibUV

/// The memory of one libuv handle, with the rules of its ownership.
///
/// Each handle has an owner, a `final class` of this module. While the handle is open, libuv holds exactly one strong
/// reference to the owner, in the handle's `data`. That reference is released in the close callback and nowhere else.
/// From this follows: every other callback may borrow the owner without retaining it; an owner without any other
/// reference lives until it is closed; a closed owner is freed with the last reference to it.
///
///     owner ──pointer──▶ uv_xxx_t ──data (+1, until closed)──▶ owner
///
/// The memory belongs to the owner, which frees it in its `deinit`. By the above, that can't run while libuv knows the
/// handle.
struct HandleMemory<Handle> {
    let pointer: UnsafeMutablePointer<Handle>

    init() {
        pointer = .allocate(capacity: 1)
    }

    var base: UnsafeMutablePointer<uv_handle_t> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_handle_t.self)
    }

    /// The handle as a stream: right for TCP connections, pipes and terminals only.
    var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_stream_t.self)
    }

    /// Gives libuv its reference to the owner. To be called once, right after the handle was initialised.
    func retain(_ owner: AnyObject) {
        base.pointee.data = Unmanaged.passRetained(owner).toOpaque()
    }

    /// Closes the handle. libuv's reference is released in the close callback.
    func close() {
        uv_close(base, handleDidClose)
    }

    /// Closes a TCP connection with a reset, where that is possible.
    func closeWithReset() {
        let tcp = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_tcp_t.self)
        if uv_tcp_close_reset(tcp, handleDidClose) < 0 { close() }
    }

    func free() {
        pointer.deallocate()
    }
}

private func handleDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
    Unmanaged<AnyObject>.fromOpaque(handle!.pointee.data).release()
}

/// Borrows the owner of a handle for the length of a callback.
@inline(__always)
func withOwner<Owner: AnyObject>(
    _ data: UnsafeMutableRawPointer?, as type: Owner.Type, _ body: (Owner) -> Void
) {
    Unmanaged<Owner>.fromOpaque(data!)._withUnsafeGuaranteedRef { body($0) }
}

import Glibc

/// The descriptors 0, 1 and 2, which a program may be started without (`<&- >&- 2>&-`).
///
/// The next files and sockets would take their numbers: libuv refuses such an epoll, and a client would read what was
/// meant for standard output. So the free ones are taken first, by `/dev/null`.
///
/// Whoever closes standard output doesn't want to read it, but may still want to know that it could not be written. So
/// number 1 is opened for reading only: a write to it fails, as a write to a closed one does.
public enum StandardDescriptors {
    /// To be called before anything else is opened, in every process.
    public static func open() {
        for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
            let flags = number == 1 ? O_RDONLY : O_RDWR
            var file = Glibc.open("/dev/null", flags)
            // Without a /dev any other place will do: what matters is that the number is taken.
            if file < 0 { file = Glibc.open("/", O_RDONLY | O_DIRECTORY) }
            // The lowest free number is the one that is missing, since those below it are open.
            precondition(file < 0 || file == number, "descriptor \(number) became \(file)")
        }
    }
}

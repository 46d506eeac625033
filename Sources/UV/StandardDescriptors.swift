import Glibc

/// Takes care of the descriptors 0, 1 and 2, which a program may be started without (`<&- >&- 2>&-`).
///
/// The next files and sockets would get their numbers. libuv refuses an epoll descriptor with such a number, and a
/// client would read text that was meant for standard output. So `/dev/null` takes the free numbers first.
///
/// A caller that closes standard output doesn't want to read it, but may want to know that it could not be written. So
/// number 1 is opened for reading only: a write to it fails like a write to a closed descriptor.
public enum StandardDescriptors {
    /// To be called before anything else is opened, in every process.
    public static func open() {
        for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
            let flags = number == 1 ? O_RDONLY : O_RDWR
            var file = Glibc.open("/dev/null", flags)
            // Without a /dev any other file will do, since only the number has to be taken.
            if file < 0 { file = Glibc.open("/", O_RDONLY | O_DIRECTORY) }
            // `open` takes the lowest free number, which is the missing one, since those below it are open.
            precondition(file < 0 || file == number, "descriptor \(number) became \(file)")
        }
    }
}

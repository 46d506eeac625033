/// Every limit of look-ups, with its unit and its reason.
enum DNSLimits {
    /// How long a name server is waited for the first time, in milliseconds; each further round waits twice as long.
    /// One packet that was lost costs no more than that.
    static let firstTimeoutMilliseconds: Int32 = 2000
    /// Rounds through all name servers: 14 s in all with one that never answers.
    static let tries: Int32 = 3
    /// The longest name in DNS (RFC 1035, section 3.1), with its dots, and one at the end.
    static let nameBytes = 254
    /// The class of records that there are today (RFC 1035, section 3.2.4): the Internet's.
    static let internetClass: Int32 = 1
    /// The type of the records that name the hosts of a service (RFC 2782).
    static let serviceType: Int32 = 33
}

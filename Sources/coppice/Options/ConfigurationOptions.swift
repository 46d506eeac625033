import ArgumentParser

/// Where a server's settings come from besides its flags, and whether it only checks them.
struct ConfigurationOptions: ParsableArguments {
    /// It is read before the flags are parsed (`ConfiguredCommand`); it stands here for the help.
    @Option(
        help: ArgumentHelp(
            "Read settings from this file: a line NAME: VALUE for each flag --NAME. Flags win over the environment "
                + "(COPPICE_NAME), and the environment over the file. \"coppice config\" prints one with all defaults. "
                + "Also COPPICE_CONFIG. (default: none)", valueName: "file"))
    var config: String?

    @Flag(help: "Check all settings and the files that they name, and start nothing: status 0 if all is well.")
    var check = false
}

// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// What every Swift target of the package is compiled with.
///
/// Exclusivity is checked in debug builds, where the tests run; the check on every property access of a
/// class costs a release build about two fifths of a forwarded message.
///
/// A program that uses the library CoppiceClient by a version may not be given such flags: SwiftPM refuses them.
let isDependency = Context.packageDirectory.contains("/checkouts/")
let settings: [SwiftSetting] =
    [.swiftLanguageMode(.v6)]
    + (isDependency ? [] : [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))])

/// The commit that is built, for `coppice --version`. Where there is no repository, as in the image, COPPICE_COMMIT
/// names it.
let revision: String = {
    guard let git = Context.gitInformation else { return Context.environment["COPPICE_COMMIT"] ?? "" }
    return git.currentCommit.prefix(9) + (git.hasUncommittedChanges ? "+" : "")
}()

/// A library target that nothing outside of the package sees.
func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A program that is not installed.
func program(_ name: String, at path: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// The tests of one module.
func tests(
    _ name: String, _ dependencies: Target.Dependency..., exclude: [String] = [], also extra: [SwiftSetting] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings + extra)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nio = ["NIOCore", "NIOEmbedded", "NIOHTTP1"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

let package = Package(
    name: "coppice",
    products: [
        .executable(name: "coppice", targets: ["coppice"]),
        .library(name: "CoppiceClient", targets: ["CoppiceClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibUV", path: "CModules/CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(
            name: "CAres", path: "CModules/CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(
            name: "CJansson", path: "CModules/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "CModules/CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "CModules/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "CModules/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CSQLite", path: "CModules/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CSystemd", path: "CModules/CSystemd", pkgConfig: "libsystemd",
            providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CZlib", path: "CModules/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CUnistring", path: "CModules/CUnistring", providers: [.apt(["libunistring-dev"])]),
        // Only tests compare with it.
        .systemLibrary(name: "CWslay", path: "CModules/CWslay", providers: [.apt(["libwslay-dev"])]),
        .systemLibrary(name: "CEdit", path: "CModules/CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(
            name: "CJOSE", path: "CModules/CJOSE", pkgConfig: "cjose", providers: [.apt(["libcjose-dev"])]),

        .target(
            name: "CRevision", path: "CModules/CRevision",
            cSettings: [.define("COPPICE_REVISION", to: "\"\(revision)\"")]),
        module("Tree", deque, heap),
        module("JSON", "CJansson"),
        module("DNS", "CAres"),
        module("UV", "CLibUV", "DNS"),
        module("Systemd", "CSystemd", "UV"),
        module("Secrets", "CSodium", "Tree"),
        module("TLS", "COpenSSL", "UV"),
        module("JWT", "CJOSE", "COpenSSL", "JSON"),
        module("WebSocket", "COpenSSL", "CZlib", "Secrets"),
        module("Names", "CUnistring", "Tree"),
        module("Store", "CSQLite", "Tree"),
        module("Wire", "Tree", "JSON"),
        module("HTTP", "CCurl", "UV"),
        .target(name: "HTTPCodec", dependencies: nio, swiftSettings: settings),
        .target(name: "Page", resources: [.embedInCode("files")], swiftSettings: settings),
        module("Statistics", histogram),
        module("OpenMetrics", coreMetrics),
        module("LogLines", logging),
        module("Answers", "LogLines"),
        module("LogOutput", "JSON", "UV", "LogLines", logging),
        module("Configuring", "JSON", "UV", yams),
        module("Clock", "Tree", "JSON", "Wire", "UV", "TLS", "HTTP", "Secrets", "Systemd", "LogLines", deque, logging),
        module(
            "Host", "Tree", "Names", "JSON", "Wire", "UV", "TLS", "JWT", "HTTPCodec", "WebSocket", "Page",
            "OpenMetrics", "Secrets", "Store", "Systemd", "Statistics", "LogLines", logging, deque, coreMetrics),
        module("LineEditor", "CEdit", "UV"),
        module("Session", "Tree", "JSON", "Wire"),
        module("CoppiceClient", "Session", "Tree", "JSON", "Wire", "UV", "TLS", deque),
        module("Client", "Session", "CoppiceClient", "Tree", "JSON", "Wire", "UV", "TLS", "LineEditor"),
        module("Simulator", "Tree", "Names", heap),
        module("Flood", "Tree", "JSON", "Wire", "UV", "TLS", "WebSocket", "Statistics"),
        module("Load", "Tree", "Wire", "UV", "TLS", "Secrets", "Store", "Statistics"),
        module(
            "Differential", "Tree", "JSON", "Wire", "WebSocket", "HTTPCodec", "TLS", "UV", "Clock", "Store", "Host"),
        .executableTarget(
            name: "coppice",
            dependencies: [
                "CRevision", "Host", "Clock", "Client", "Session", "Configuring", "Simulator", "Flood", "Load",
                "Answers", "LogLines", "LogOutput",
                "Secrets", "TLS", "JWT", "Tree", "UV",
                arguments, logging,
            ],
            swiftSettings: settings),

        // What clients/ has in Swift: examples, and the driver of the conformance suite.
        program("ExampleChat", at: "clients/swift/examples/chat", "CoppiceClient"),
        program("ExampleBridge", at: "clients/swift/examples/bridge", "CoppiceClient"),
        program("ExampleLoad", at: "clients/swift/examples/load", "CoppiceClient"),
        program("ConformanceDriver", at: "clients/conformance/drivers/swift", "CoppiceClient", "Session", "JSON"),

        .target(name: "TestPorts", path: "Tests/TestPorts", swiftSettings: settings),
        .target(name: "TestNameServer", path: "Tests/TestNameServer", swiftSettings: settings),
        tests("TestPortsTests", "TestPorts"),
        tests("TreeTests", "Tree", "Names"),
        tests("NamesTests", "Names", "Tree"),
        tests("SecretsTests", "Secrets"),
        tests("TLSTests", "TLS", "UV", "COpenSSL"),
        tests("JWTTests", "JWT", "JSON", "COpenSSL", exclude: ["vectors.json", "vectors.py"]),
        tests("WebSocketTests", "WebSocket", "CWslay"),
        tests("StoreTests", "Store", "Tree"),
        tests("JSONTests", "JSON", "Tree"),
        tests("DNSTests", "DNS"),
        tests("UVTests", "UV", "TestPorts"),
        tests("LogOutputTests", "LogOutput", "LogLines"),
        tests("LogLinesTests", "LogLines"),
        tests("AnswersTests", "Answers", "LogLines"),
        tests("ConfiguringTests", "Configuring"),
        tests("HTTPTests", "HTTP", "UV"),
        tests("HTTPCodecTests", "HTTPCodec"),
        tests("OpenMetricsTests", "OpenMetrics", coreMetrics),
        tests("WireTests", "Wire"),
        tests("DifferentialTests", "Differential", "Tree"),
        tests("ClockTests", "Clock"),
        tests("HostTests", "Host", "LogLines", "TLS", "Tree", "UV", "HTTPCodec", "TestNameServer", logging),
        .target(name: "ScreenModel", path: "Tests/ScreenModel", swiftSettings: settings),
        tests("LineEditorTests", "LineEditor", "ScreenModel"),
        tests("SessionTests", "Session", "JSON", "Wire"),
        tests("CoppiceClientTests", "CoppiceClient"),
        tests("ClientTests", "Client", "CoppiceClient", "Session", "Wire", "UV"),
        tests("FloodTests", "Flood", "Statistics"),
        tests("SimulatorTests", "Simulator", exclude: ["Schedules", "LongSchedules", "Scenarios"]),
        // Its clients have to be faster than the servers that they take the times of.
        tests(
            "ProcessTests", "Answers", "CoppiceClient", "Tree", "Store", "UV", "TestPorts", "TestNameServer",
            "ScreenModel", yams,
            also: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    ]
)

// The image is built from a context without the tests and the clients (docker/Dockerfile).
if !FileManager.default.fileExists(atPath: Context.packageDirectory + "/Tests") {
    package.targets.removeAll { $0.type == .test || $0.path?.hasPrefix("Tests/") == true }
}
if !FileManager.default.fileExists(atPath: Context.packageDirectory + "/clients/swift") {
    package.targets.removeAll { $0.path?.hasPrefix("clients/") == true }
}

// The fuzzer has libFuzzer's driver as its main program: it only links when that is asked for (`make fuzz`). Each edge
// of the code that libFuzzer watches costs each execution, so `lines` watches the modules that read what others send,
// and `nodes` all that a node consists of.
if let watched = Context.environment["COPPICE_FUZZ"] {
    let reading = ["Differential", "Wire", "JSON", "WebSocket", "HTTPCodec", "TLS"]
    let all = reading + ["Tree", "Names", "Store", "Host", "UV", "Clock"]
    for target in package.targets where (watched == "lines" ? reading : all).contains(target.name) {
        target.swiftSettings =
            settings + [
                .unsafeFlags(["-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"])
            ]
    }
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["Differential"], path: "Fuzz", exclude: ["corpus", "words"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]))
}

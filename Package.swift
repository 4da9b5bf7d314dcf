// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors everywhere, and the language mode is Swift 6.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// A thin wrapper round a C library from Debian, named in its header.
func wrapper(_ name: String, links libraries: String...) -> Target {
    .target(
        name: "C" + name, path: "Sources/C/" + name,
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// A library of the project. What it may import is what it names here, and nothing else.
func library(_ name: String, _ below: Target.Dependency...) -> Target {
    .target(name: name, dependencies: below, swiftSettings: strict)
}

/// One program of the pipeline.
func program(_ name: String, _ below: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: ["CommandLine"] + below, path: "Sources/Programs/" + name,
        swiftSettings: strict)
}

func tests(_ name: String, _ of: Target.Dependency...) -> Target {
    .testTarget(name: name + "Tests", dependencies: of, path: "Tests/" + name, swiftSettings: strict)
}

let package = Package(
    name: "sluice",
    targets: [
        // C libraries, wrapped once each.
        wrapper("POSIX"),
        wrapper("SimdJSON", links: "simdjson"),
        wrapper("Zlib", links: "z"),
        wrapper("XXHash", links: "xxhash"),
        wrapper("MinHash"),
        wrapper("Crypto", links: "crypto"),
        wrapper("Curl", links: "curl"),
        wrapper("MicroHTTPD", links: "microhttpd"),
        wrapper("SQLite", links: "sqlite3"),
        wrapper("UCharDet", links: "uchardet"),
        wrapper("PQ"),
        .systemLibrary(
            name: "LibXML2", path: "Sources/C/LibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CXML2", dependencies: ["LibXML2"], path: "Sources/C/XML2"),
        wrapper("Poppler", links: "poppler-cpp"),
        wrapper("Zip", links: "zip"),

        // Libraries, lowest first: each imports only what stands above it here.
        library("System", "CPOSIX"),
        library("Gzip", "System", "CZlib"),
        library("JSON", "CSimdJSON"),
        library("Crypto", "System", "CCrypto"),
        library("Vault", "System", "JSON", "Crypto"),
        library("Stream", "System", "JSON"),
        library("State", "System", "Gzip", "JSON", "Stream"),
        library("Pacing", "System"),
        library("HTTP", "System", "JSON", "Pacing"),
        library("Curl", "System", "JSON", "HTTP", "CCurl", "CZlib"),
        library("Redaction", "System", "JSON", "Crypto", "HTTP"),
        library("Capture", "System", "Gzip", "JSON", "HTTP", "Redaction"),
        library("HTTPServer", "System", "JSON", "HTTP", "CMicroHTTPD"),
        library("Documents", "System", "JSON"),
        library("OAuth", "System", "JSON", "HTTP", "Crypto"),
        library("Connector", "System", "JSON", "Pacing", "HTTP", "Documents"),
        library("Connectors", "System", "JSON", "Pacing", "HTTP", "Documents", "Connector"),
        library("Sync", "System", "JSON", "Stream", "State", "HTTP", "Redaction", "Documents", "Connector"),
        library("Extraction", "System", "JSON", "Documents", "CUCharDet"),
        library("Mail", "Extraction"),
        library("Readers", "System", "JSON", "Extraction", "Mail", "CXML2", "CPoppler", "CZip"),
        library("Stages", "JSON", "Stream", "Documents", "Connector", "Connectors", "Extraction", "Mail"),
        library("Deduplication", "System", "Gzip", "JSON", "Stream", "State", "CXXHash", "CMinHash"),
        library("Destinations", "System", "Gzip", "JSON", "Stream", "State", "Documents", "CSQLite", "CPQ"),
        library("CommandLine", "CPOSIX", "System", "JSON", "Stream"),
        library("Accounts", "System", "JSON", "HTTP", "Curl", "Crypto", "OAuth", "Vault", "CommandLine"),

        // Programs: options and a loop each.
        program(
            "fetch", "System", "JSON", "Stream", "State", "Pacing", "HTTP", "Redaction", "OAuth", "Accounts", "Capture",
            "Connector", "Connectors", "Sync"),
        program("extract", "System", "Stream", "Extraction", "Stages"),
        program("extract-worker", "CPOSIX", "System", "Extraction", "Readers"),
        program("perms", "System", "Stream", "Stages"),
        program("dedupe", "System", "Stream", "State", "Deduplication"),
        program("sink", "System", "Stream", "State", "Destinations"),
        program(
            "auth", "System", "JSON", "Stream", "HTTP", "HTTPServer", "OAuth", "Vault", "Accounts", "Connector",
            "Connectors"),
        program("replay", "System", "JSON", "Stream", "HTTP", "Redaction", "Capture", "HTTPServer"),

        tests("State", "System", "Gzip", "JSON", "State"),
        tests("Deduplication", "System", "Gzip", "JSON", "Stream", "State", "Deduplication"),
        .target(
            name: "Scripts", dependencies: ["System", "JSON", "HTTP"], path: "Tests/Scripts", swiftSettings: strict),
        tests("Pacing", "Pacing", "Processes", "System"),
        tests("HTTP", "Scripts", "HTTP", "Pacing", "System", "JSON"),
        tests("OAuth", "Scripts", "OAuth", "Crypto", "HTTP", "System", "JSON"),
        tests("Curl", "Curl", "HTTP", "System", "Gzip", "Processes"),
        tests("Capture", "System", "JSON", "HTTP", "Gzip", "Redaction", "Capture"),
        tests("HTTPServer", "HTTPServer"),
        .target(name: "Archives", path: "Tests/Archives", swiftSettings: strict),
        tests("Extraction", "Archives", "Extraction", "Readers", "JSON", "Documents", "System"),
        tests("Mail", "Processes", "System", "JSON", "Stream", "Documents", "Extraction", "Mail", "Readers", "Stages"),
        tests("Sync", "Sync", "System", "JSON", "Connector"),
        tests(
            "Connectors", "System", "Gzip", "JSON", "Stream", "State", "HTTP", "OAuth", "Capture", "Documents",
            "Connector", "Connectors", "Sync", "Extraction", "Readers", "Stages", "Deduplication", "Destinations"),
        tests("Destinations", "Destinations", "Processes", "System", "Gzip", "JSON", "Stream", "State"),
        tests("System", "System", "Gzip"),
        tests("Crypto", "Crypto", "System", "JSON"),
        tests("Vault", "Vault", "Crypto", "System", "JSON"),
        tests("JSON", "JSON", "System"),
        tests("Stream", "Stream", "JSON", "System"),
        tests("CommandLine", "CommandLine", "System"),
        tests("Accounts", "Accounts", "OAuth", "HTTP", "JSON", "System"),
        tests("Documents", "Documents"),

        // Run by Tests/Benchmarks, not installed.
        .executableTarget(
            name: "http-benchmark", dependencies: ["System", "JSON", "HTTP", "Curl"], path: "Tests/Benchmarks/HTTP",
            swiftSettings: strict),

        // A service in memory, and what runs programs, for tests.
        .target(
            name: "DriveEmulator", dependencies: ["System", "JSON", "HTTP", "HTTPServer"], path: "Tests/Emulator",
            swiftSettings: strict),
        .target(name: "Processes", dependencies: ["System"], path: "Tests/Processes", swiftSettings: strict),
        tests(
            "Histories", "DriveEmulator", "Processes", "Extraction", "Readers", "Stages", "System", "JSON", "Stream",
            "State", "HTTP",
            "HTTPServer", "Connector", "Connectors", "Sync", "Deduplication", "Destinations"),
        tests("Pace", "DriveEmulator", "Processes", "System", "JSON", "HTTP", "HTTPServer"),
        tests("Kill", "Processes", "System", "JSON", "Destinations"),
    ],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)

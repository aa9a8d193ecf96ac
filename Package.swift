// swift-tools-version: 6.2
import PackageDescription

// One language mode for every target: the newest rules, and nothing that the
// compiler would merely warn about.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

// Kernels must round alike in every variant, so no contraction behind our back.
let kernelSettings: [CSetting] = [
  .define("_GNU_SOURCE")
]

let package = Package(
  name: "hark",
  products: [
    .library(name: "Hark", targets: ["Hark"]),
    .library(name: "HarkClient", targets: ["HarkClient"]),
    .library(name: "VectorIndex", targets: ["VectorIndex"]),
    .executable(name: "hark", targets: ["HarkCommand"]),
    .executable(name: "hark-parser", targets: ["HarkParser"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // C: only what Swift cannot call or express.
    .target(name: "CKernels", cSettings: kernelSettings),
    .target(name: "CBLAS", cSettings: kernelSettings, linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CConfinement", cSettings: kernelSettings),
    .systemLibrary(
      name: "CPoppler", pkgConfig: "poppler-glib", providers: [.apt(["libpoppler-glib-dev"])]),
    .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(
      name: "CCMark", pkgConfig: "libcmark-gfm",
      providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    .target(name: "Machine", dependencies: ["CKernels", "CBLAS"], swiftSettings: settings),
    .target(name: "VectorIndex", dependencies: ["Machine"], swiftSettings: settings),
    .target(name: "Embedding", dependencies: ["Machine"], swiftSettings: settings),
    .target(
      name: "Documents",
      dependencies: [
        "CConfinement",
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: settings),
    .target(
      name: "Parsers", dependencies: ["Documents", "CPoppler", "CXML2", "CCMark", "CYAML"],
      swiftSettings: settings),
    .target(
      name: "Hark",
      dependencies: [
        "Machine", "VectorIndex", "Embedding", "Documents",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),

    .target(
      name: "HarkServer",
      dependencies: [
        "Machine",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: settings),

    .target(
      name: "HarkClient",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),

    .target(
      name: "HarkService",
      dependencies: [
        "Hark", "HarkServer",
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ], swiftSettings: settings),

    .executableTarget(
      name: "HarkParser", dependencies: ["Parsers", "CConfinement"], swiftSettings: settings),
    .executableTarget(
      name: "HarkCommand",
      dependencies: [
        "Hark", "HarkServer", "HarkService", "Machine", "VectorIndex",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),

    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: settings),
    .testTarget(
      name: "MachineTests", dependencies: ["Machine", "CKernels", "TestKit"],
      swiftSettings: settings),
    .testTarget(
      name: "VectorIndexTests", dependencies: ["VectorIndex", "TestKit"],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "EmbeddingTests", dependencies: ["Embedding", "TestKit"], swiftSettings: settings),
    .testTarget(
      name: "DocumentsTests", dependencies: ["Documents", "HarkParser", "TestKit"],
      swiftSettings: settings),
    .testTarget(
      name: "ParsersTests", dependencies: ["Parsers", "TestKit"], swiftSettings: settings),
    .testTarget(
      name: "HarkTests", dependencies: ["Hark", "HarkParser", "TestKit"], swiftSettings: settings),
    .testTarget(
      name: "HarkServerTests",
      dependencies: ["HarkServer", "TestKit", .product(name: "NIOCore", package: "swift-nio")],
      swiftSettings: settings),
    .testTarget(
      name: "HarkClientTests",
      dependencies: [
        "HarkClient", "TestKit",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "HarkServiceTests", dependencies: ["HarkService", "HarkParser", "TestKit"],
      swiftSettings: settings),
    .testTarget(
      name: "HarkCommandTests",
      dependencies: [
        "HarkCommand", "HarkParser", "Hark", "HarkClient", "Machine", "TestKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
  ]
)

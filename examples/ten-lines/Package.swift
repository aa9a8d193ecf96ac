// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ten-lines",
  // A package of your own names the repository: .package(url: "https://…/hark", from: "0.1.0").
  dependencies: [.package(name: "hark", path: "../..")],
  targets: [
    .executableTarget(
      name: "TenLines", dependencies: [.product(name: "Hark", package: "hark")])
  ]
)

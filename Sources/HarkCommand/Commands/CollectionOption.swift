import ArgumentParser
import Hark

/// The option that names a collection.
struct CollectionOption: ParsableArguments {
  @Option(
    name: [.customShort("c"), .customLong("collection")],
    help: ArgumentHelp("The collection.", valueName: "name"))
  var name = CollectionRecord.defaultName
}

/// The option to wait for another writer.
struct WaitOption: ParsableArguments {
  @Flag(help: "Wait while another process is writing, instead of ending with code 4.")
  var wait = false
}

/// A share of a whole on the command line: `20%` or `0.2`.
struct Share: ExpressibleByArgument, Hashable, Sendable {
  /// The share, 0 to 1.
  let value: Double

  init(value: Double) { self.value = value }

  init?(argument: String) {
    let isPercentage = argument.hasSuffix("%")
    guard let number = Double(isPercentage ? String(argument.dropLast()) : argument) else {
      return nil
    }
    let value = isPercentage ? number / 100 : number
    guard (0...1).contains(value) else { return nil }
    self.value = value
  }

  /// As a percentage.
  var defaultValueDescription: String { "\(Int((value * 100).rounded()))%" }
}

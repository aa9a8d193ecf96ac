import ArgumentParser

/// A size on the command line: `1048576`, `512K`, `256M`, `2G`, in units of 1,024.
struct ByteCount: ExpressibleByArgument, Hashable, Sendable {
  /// The size in bytes, at least 1.
  let bytes: Int64

  private static let units: [(suffix: String, shift: Int64)] = [("G", 30), ("M", 20), ("K", 10)]

  init(bytes: Int64) { self.bytes = bytes }

  init?(argument: String) {
    let text = argument.uppercased()
    let unit = ByteCount.units.first { text.hasSuffix($0.suffix) }
    let digits = unit == nil ? text : String(text.dropLast())
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits) else {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
    guard !overflow, bytes > 0 else { return nil }
    self.bytes = bytes
  }

  /// The shortest form: `256M`.
  var defaultValueDescription: String {
    let unit = ByteCount.units.first { bytes % (1 << $0.shift) == 0 }
    return unit.map { "\(bytes >> $0.shift)\($0.suffix)" } ?? "\(bytes)"
  }
}

import Foundation

/// Numbers with their units in the words of the command's output: English, the same in every locale.
enum Quantity {
  /// A count with its noun: `1 file`, `1,204 chunks`.
  static func count(_ number: Int, _ noun: String, plural: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// A whole number with its thousands set off: `1,204`.
  static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.append(Substring(digits.suffix(3)))
      digits.removeLast(3)
    }
    let sign = number < 0 ? "-" : ""
    return sign + ([Substring(digits)] + groups.reversed()).joined(separator: ",")
  }

  /// A number with a fixed count of decimals: `0.032`.
  static func decimal(_ number: Double, places: Int) -> String {
    String(format: "%.\(places)f", number)
  }

  /// A size in binary units: `312 KiB`, `1.4 GiB`.
  static func bytes(_ bytes: Int64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
    guard bytes >= 1024 else { return "\(bytes) B" }
    var size = Double(bytes) / 1024
    var unit = 0
    // 1,023.95 would be shown as 1024.0 of its unit.
    while size >= 1023.95, unit + 1 < units.count {
      size /= 1024
      unit += 1
    }
    return decimal(size, places: size < 9.95 ? 1 : 0) + " " + units[unit]
  }

  /// A duration in at most two units: `0.34 s`, `12.1 s`, `2 min 5 s`, `1 h 12 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "unknown" }
    if seconds < 9.995 { return decimal(seconds, places: 2) + " s" }
    if seconds < 59.95 { return decimal(seconds, places: 1) + " s" }
    return remaining(seconds)
  }

  /// A duration as an estimate, in whole units: `7 s`, `2 min 5 s`, `1 h 12 min`.
  static func remaining(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "unknown" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

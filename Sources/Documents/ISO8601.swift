/// Dates as text: ISO 8601 in the two forms that Hark keeps.
///
/// A calendar date is `2024-05-01`; a point in time is `2024-05-01T08:30:00Z`, in UTC and whole
/// seconds. Both have fixed lengths, so that the order of the text is the order in time.
package enum ISO8601 {
  /// The normal form of a date or date-time, or nil where the text is none.
  ///
  /// A time follows `T`, has hours and minutes at least, and is moved to UTC. One without an
  /// offset counts as UTC, as in the timestamps of YAML 1.1. Fractions of seconds are dropped.
  ///
  /// - Parameters:
  ///   - text: The text, with nothing before or after the date.
  ///   - allowsSpace: Whether spaces may stand in place of `T` (RFC 3339, section 5.6) and before
  ///     the offset, as in the front matter of Jekyll.
  package static func normalForm(of text: String, allowsSpace: Bool = false) -> String? {
    var rest = text.utf8[...]
    guard rest.count <= 64, let year = rest.takeDigits(4), rest.take("-"),
      let month = rest.takeDigits(2), rest.take("-"), let day = rest.takeDigits(2),
      year > 0, (1...12).contains(month), (1...length(ofMonth: month, year: year)).contains(day)
    else { return nil }
    if rest.isEmpty { return text }
    guard rest.take("T") || rest.take("t") || (allowsSpace && rest.take(" ")),
      let hour = rest.takeDigits(2), rest.take(":"), let minute = rest.takeDigits(2),
      hour < 24, minute < 60
    else { return nil }
    var second = 0
    if rest.take(":") {
      // The 60 of a leap second becomes the second after it.
      guard let digits = rest.takeDigits(2), digits <= 60 else { return nil }
      second = digits
      if rest.take(".") || rest.take(",") {
        guard rest.takeDigits(1) != nil else { return nil }
        while rest.takeDigits(1) != nil {}
      }
    }
    if allowsSpace { _ = rest.take(" ") }
    guard let offset = takeOffset(&rest), rest.isEmpty else { return nil }
    let days = days(year: year, month: month, day: day)
    return self.text(seconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset))
  }

  /// The normal form of a point in time.
  ///
  /// - Parameter seconds: Seconds since 1970, UTC, without leap seconds.
  /// - Returns: The text, or nil outside the years 1 to 9999.
  package static func text(seconds: Int64) -> String? {
    // The first second of year 1 and of year 10000.
    guard (-62_135_596_800..<253_402_300_800).contains(seconds) else { return nil }
    var days = Int(seconds) / 86_400
    var rest = Int(seconds) % 86_400
    if rest < 0 { (days, rest) = (days - 1, rest + 86_400) }
    let (year, month, day) = date(days: days)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    return "\(date)T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
  }

  /// Seconds east of UTC: `Z`, `+09`, `+0900`, `+09:00` or nothing.
  private static func takeOffset(_ rest: inout Substring.UTF8View) -> Int? {
    if rest.isEmpty || rest.take("Z") || rest.take("z") { return 0 }
    let sign = rest.take("+") ? 1 : rest.take("-") ? -1 : 0
    guard sign != 0, let hours = rest.takeDigits(2), hours < 24 else { return nil }
    guard !rest.isEmpty else { return sign * hours * 3600 }
    _ = rest.take(":")
    guard let minutes = rest.takeDigits(2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private static func length(ofMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970 of a date in the Gregorian calendar. Years begin in March here, so that the
  /// day of a leap year is their last (H. Hinnant, “chrono-Compatible Low-Level Date Algorithms”).
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  /// The date of a day since 1970; the inverse of ``days(year:month:day:)``.
  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let leaps = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leaps) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = era * 400 + yearOfEra + (month < 10 ? 0 : 1)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

extension Substring.UTF8View {
  /// Takes a character off the beginning where it is this one.
  fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first, UInt32(first) == character.value else { return false }
    removeFirst()
    return true
  }

  /// Takes a number of so many digits off the beginning.
  fileprivate mutating func takeDigits(_ count: Int) -> Int? {
    var number = 0
    for byte in prefix(count) {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int(byte - 0x30)
    }
    guard self.count >= count else { return nil }
    removeFirst(count)
    return number
  }
}

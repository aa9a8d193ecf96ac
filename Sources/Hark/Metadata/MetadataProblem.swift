internal import Documents

/// What is wrong with the value of one key, and what to do about it.
struct MetadataProblem: Error {
  /// What the value is, as the end of a sentence that names the key.
  let what: String
  /// What to do.
  let remedy: String

  init(_ what: String, _ remedy: String) {
    (self.what, self.remedy) = (what, remedy)
  }

  /// The value has more text than it may.
  static func tooLong(limit: Int) -> Self {
    Self("is longer than \(limit) bytes", "shorten it")
  }

  /// The sentence about a key, shortened where the key itself is what is wrong.
  func sentence(about key: String) -> String {
    let shown = key.prefix(bytes: 100).onOneLine
    return "the value of “\(shown)” \(what): \(remedy)"
  }
}

extension String {
  /// The text itself, where it is within a limit and has no control characters but tabs and line
  /// breaks.
  func checked(limit: Int) throws(MetadataProblem) -> String {
    guard utf8.count <= limit else { throw .tooLong(limit: limit) }
    let isClean = unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0D: true
      default: scalar.properties.generalCategory != .control
      }
    }
    guard isClean else {
      throw MetadataProblem("has control characters in it", "remove them")
    }
    return self
  }
}

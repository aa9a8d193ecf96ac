import Machine

/// What went wrong with vectors, a query or a segment file.
///
/// `code` is stable and meant for programs. `message` is meant for people: it names the vector,
/// or the file and its section, and says what to do.
public struct IndexError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure; raw values are stable.
  public enum Code: String, Sendable, CaseIterable {
    /// A vector or query holds a NaN or an infinity.
    case vectorNotFinite = "vector-not-finite"
    /// A vector or query is zero, which has no direction for the cosine metric.
    case vectorZero = "vector-zero"
    /// A vector or query is so long that scores would overflow.
    case vectorTooLarge = "vector-too-large"
    /// Two vectors have the same key.
    case keyDuplicate = "key-duplicate"
    /// A query, or an array of vectors, does not have the dimension of the index.
    case dimensionMismatch = "dimension-mismatch"
    /// An option or argument lies outside of its range.
    case optionInvalid = "option-invalid"
    /// A file of vectors is not there, or not in a format that can be read.
    case vectorsUnreadable = "vectors-unreadable"
    /// The segment file is not there, or may not be opened.
    case segmentUnavailable = "segment-unavailable"
    /// The file is no segment file.
    case segmentUnrecognized = "segment-unrecognized"
    /// The segment file needs a newer reader.
    case segmentTooNew = "segment-too-new"
    /// The segment file is of a format that is no longer read.
    case segmentTooOld = "segment-too-old"
    /// The segment file is damaged.
    case segmentDamaged = "segment-damaged"
    /// The segment file cannot be written.
    case segmentWriteFailed = "segment-write-failed"
    /// There is no room left for the segment file.
    case diskFull = "disk-full"
  }

  /// What kind of failure it is.
  public let code: Code
  /// What happened, and what to do; whole sentences.
  public let message: String
  /// The key of the vector concerned.
  public let key: Int64?
  /// The segment file concerned.
  public let path: String?
  /// The section of the segment file concerned, as docs/index.md names it.
  public let section: String?
  /// The error that led to this one.
  public let cause: (any Error)?

  init(
    _ code: Code, _ message: String, key: Int64? = nil, path: String? = nil,
    section: String? = nil, cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.key = key
    self.path = path
    self.section = section
    self.cause = cause
  }

  /// The same as ``message``.
  public var description: String { message }
}

extension IndexError {
  /// A segment file whose `section` is damaged, with the remedy.
  static func damaged(_ path: String, section: String, _ reason: String) -> IndexError {
    IndexError(
      .segmentDamaged,
      "The index file \(path) is damaged in its section “\(section)”: \(reason). "
        + "Run `hark index rebuild`, or build the segment again from its vectors.",
      path: path, section: section)
  }

  /// A segment file that could not be opened or mapped.
  static func unavailable(_ cause: MachineError, path: String) -> IndexError {
    IndexError(
      .segmentUnavailable,
      "The index file cannot be used. \(cause.message) "
        + "If it is gone for good, run `hark index rebuild`.",
      path: path, cause: cause)
  }

  /// A segment file that could not be written.
  static func unwritable(_ cause: MachineError, path: String) -> IndexError {
    IndexError(
      cause.code == .diskFull ? .diskFull : .segmentWriteFailed,
      "The index file was not written. \(cause.message)", path: path, cause: cause)
  }

  /// A query whose length is not the dimension of what is searched.
  static func dimension(_ count: Int, expected: Int) -> IndexError {
    IndexError(
      .dimensionMismatch,
      "The query has \(count) numbers, and the index \(expected) dimensions. "
        + "Embed the query with the model that the index was made with.")
  }
}

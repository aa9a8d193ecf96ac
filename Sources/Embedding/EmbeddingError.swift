/// Why a model cannot be used, or a text has no vector.
///
/// `code` is stable and meant for programs. `message` is meant for people: it names the file and
/// the field, and says what to do.
package struct EmbeddingError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure; raw values are stable.
  package enum Code: String, Sendable, CaseIterable {
    /// A file of the model is not there, or cannot be read.
    case fileMissing = "model-file-missing"
    /// A file of the model is not what its name says: broken JSON, a field that is missing or out
    /// of range.
    case fileInvalid = "model-file-invalid"
    /// The weights are truncated or contradict their own header.
    case weightsDamaged = "model-weights-damaged"
    /// A tensor that the architecture needs is missing or has another shape.
    case tensorInvalid = "model-tensor-invalid"
    /// The model is of a kind that is not implemented.
    case unsupported = "model-unsupported"
    /// There is no BLAS library.
    case libraryMissing = "library-missing"
    /// A vector is not finite or has no direction.
    case vectorInvalid = "vector-invalid"
  }

  /// What kind of failure it is.
  package let code: Code
  /// What happened, to which file and field, and what to do; whole sentences.
  package let message: String
  /// The error beneath, if there is one.
  package let cause: (any Error)?

  /// Makes an error from its parts.
  package init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  package var description: String { message }
}

extension EmbeddingError {
  /// What to do about files that are missing or damaged.
  static let fetchAgain = "Fetch the model again (make setup), or name another model folder."

  /// A field of a JSON file that is missing, or whose value cannot be used.
  static func field(_ field: String, of file: String, _ problem: String) -> EmbeddingError {
    EmbeddingError(
      code: .fileInvalid, message: "\(file): the field \(field) \(problem). \(fetchAgain)")
  }

  /// A property of the model that is not implemented.
  static func unsupported(_ file: String, _ problem: String) -> EmbeddingError {
    EmbeddingError(
      code: .unsupported,
      message: """
        \(file): \(problem). Use a sentence-transformers model of the BERT type, such as \
        all-MiniLM-L6-v2.
        """)
  }
}

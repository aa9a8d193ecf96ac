internal import Documents
internal import Embedding
internal import Machine
internal import VectorIndex

/// What went wrong in the engine, in words that a person can act upon.
///
/// Every error of the library reaches callers as this one type. Errors of the parts below (parser,
/// encoder, index, file system) are passed on with their own code and sentence, and kept as
/// `cause`.
public struct HarkError: Error, Sendable, CustomStringConvertible {
  /// A stable name of the kind of error, for programs.
  ///
  /// The set is open: parts below the engine bring codes of their own (`pdf-encrypted`,
  /// `segment-damaged`, …), listed in docs/errors.md.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name as it stands in JSON and in messages.
    public let rawValue: String
    /// Makes a code from its name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The name as it stands in JSON and in messages.
    public var description: String { rawValue }

    /// The store's folder or file cannot be read or written.
    public static let storeUnavailable = Code(rawValue: "store-unavailable")
    /// There is no store at the place named.
    public static let storeMissing = Code(rawValue: "store-missing")
    /// The store was written by a newer version of Hark.
    public static let storeTooNew = Code(rawValue: "store-too-new")
    /// The catalog's database reports damage.
    public static let catalogDamaged = Code(rawValue: "catalog-damaged")
    /// Another process is writing to the store.
    public static let storeLocked = Code(rawValue: "store-locked")
    /// The disk is full.
    public static let diskFull = Code(rawValue: "disk-full")
    /// No embedding model was found.
    public static let modelMissing = Code(rawValue: "model-missing")
    /// The store's vectors were made by another model than the one given.
    public static let modelMismatch = Code(rawValue: "model-mismatch")
    /// An argument is out of its range or malformed.
    public static let invalidArgument = Code(rawValue: "invalid-argument")
    /// No file or folder lies at the path given.
    public static let pathMissing = Code(rawValue: "path-missing")
    /// No document has the id given.
    public static let documentMissing = Code(rawValue: "document-missing")
    /// Metadata of a document cannot be read or taken.
    public static let metadataInvalid = Code(rawValue: "metadata-invalid")
    /// A filter of a search is not one, or asks of a key what it does not have.
    public static let filterInvalid = Code(rawValue: "filter-invalid")
    /// A file was written while it was read.
    public static let fileChanged = Code(rawValue: "file-changed")
    /// No collection has the name given.
    public static let collectionMissing = Code(rawValue: "collection-missing")
    /// A collection has the name already that a new one is to have.
    public static let collectionExists = Code(rawValue: "collection-exists")
    /// No task has the id given.
    public static let taskMissing = Code(rawValue: "task-missing")
    /// The task has ended already.
    public static let taskEnded = Code(rawValue: "task-ended")
    /// No chunk has the id given.
    public static let chunkMissing = Code(rawValue: "chunk-missing")
    /// No turn of the chat log has the id given.
    public static let chatMissing = Code(rawValue: "chat-missing")
    /// The turn of the chat log has an answer already.
    public static let chatAnswered = Code(rawValue: "chat-answered")
    /// A request key came before with another request.
    public static let requestKeyReused = Code(rawValue: "request-key-reused")
    /// The work was canceled; what was committed is kept.
    public static let canceled = Code(rawValue: "canceled")
    /// A file of an evaluation set is missing or malformed.
    public static let evaluationInvalid = Code(rawValue: "evaluation-invalid")
    /// A line of a store's dictionary or synonyms cannot be read.
    public static let vocabularyInvalid = Code(rawValue: "vocabulary-invalid")
    /// Something failed that Hark has no better name for.
    public static let unexpected = Code(rawValue: "unexpected")
  }

  /// The stable name of the kind of error.
  public let code: Code
  /// What happened, to which file or field, and what to do.
  public let message: String
  /// The error below this one, if any.
  public let cause: (any Error)?

  /// Makes an error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message and, in brackets, the code.
  public var description: String { "\(message) [\(code)]" }
}

extension HarkError {
  /// Passes on an error of a part below the engine, with its own code and sentence.
  package init(wrapping error: any Error) {
    switch error {
    case let error as HarkError: self = error
    case let error as MachineError: self.init(machine: error)
    case let error as IndexError:
      self.init(Code(rawValue: error.code.rawValue), error.message, cause: error)
    case let error as EmbeddingError:
      self.init(Code(rawValue: error.code.rawValue), error.message, cause: error)
    case let error as DocumentError where error.code == .cancelled: self = .workCanceled
    case let error as DocumentError:
      self.init(Code(rawValue: error.code.rawValue), error.message, cause: error)
    case is CancellationError:
      self = .workCanceled
    default:
      self.init(.unexpected, "unexpected error: \(error)", cause: error)
    }
  }
}

extension HarkError {
  /// Somebody asked for the end of the work.
  static let workCanceled = HarkError(
    .canceled,
    "the work was canceled: what was committed is kept, and the same command goes on from there")

  /// Puts an error of the file system or the machine into the engine's words.
  init(machine error: MachineError) {
    switch error.code {
    case .fileLocked: self.init(.storeLocked, error.message, cause: error)
    case .diskFull: self.init(.diskFull, error.message, cause: error)
    default: self.init(Code(rawValue: error.code.rawValue), error.message, cause: error)
    }
  }

  /// Runs a body and puts whatever it throws into the engine's words.
  static func wrapping<T>(_ body: () async throws -> T) async throws(HarkError) -> T {
    do {
      return try await body()
    } catch {
      throw HarkError(wrapping: error)
    }
  }
}

extension HarkClient {
  /// A piece of work on the store: an ingest, a rebuild or a re-embedding.
  public struct TaskRecord: Sendable, Hashable, Decodable {
    /// How a task stands. The set is open.
    public struct Status: RawRepresentable, Sendable, Hashable, Decodable {
      /// The name as it travels.
      public let rawValue: String
      /// Makes a status from its name.
      public init(rawValue: String) { self.rawValue = rawValue }

      /// It waits.
      public static let enqueued = Status(rawValue: "enqueued")
      /// It runs.
      public static let processing = Status(rawValue: "processing")
      /// It is done; files that failed are counted in it.
      public static let succeeded = Status(rawValue: "succeeded")
      /// It ended with an error.
      public static let failed = Status(rawValue: "failed")
      /// Somebody ended it.
      public static let canceled = Status(rawValue: "canceled")
    }

    /// The task's id, never used again for another one.
    public let id: Int64
    /// What is done: `ingest`, `rebuild`, `reembed`.
    public let kind: String
    /// How it stands.
    public let status: Status
    /// What it was asked to do.
    public let payload: JSONValue?
    /// Its account, such as `added`, as far as there is one.
    public let counts: JSONValue?
    /// The stable code of the error that ended it.
    public let errorCode: HarkClientError.Code?
    /// What went wrong and what to do.
    public let errorMessage: String?
    /// Whether somebody asked for its end.
    public let isCancelRequested: Bool?
    /// How often a worker has begun with it.
    public let attempts: Int
    /// When it was asked for: UTC, ISO 8601.
    public let createdAt: String
    /// When it began.
    public let startedAt: String?
    /// When it ended.
    public let finishedAt: String?

    /// Whether it has ended, well or not.
    public var isFinished: Bool { [.succeeded, .failed, .canceled].contains(status) }

    enum CodingKeys: String, CodingKey {
      case kind, status, payload, counts, attempts
      case id = "job_id"
      case errorCode = "error_code"
      case errorMessage = "error_message"
      case isCancelRequested = "cancel_requested"
      case createdAt = "created_at"
      case startedAt = "started_at"
      case finishedAt = "finished_at"
    }
  }

  /// A text that a program hands over, by an id of its own.
  public struct SourceDocument: Sendable, Hashable, Encodable {
    /// The program's own id, at most 1,024 bytes.
    public var externalID: String
    /// The text.
    public var text: String
    /// The name that citations show; nil for the id.
    public var name: String?
    /// The heading above the text.
    public var heading: String?
    /// What is said of it: `title`, `author`, `tags` and the like, and fields of the user's own.
    public var metadata: [String: JSONValue]?

    /// Makes a document.
    public init(
      externalID: String, text: String, name: String? = nil, heading: String? = nil,
      metadata: [String: JSONValue]? = nil
    ) {
      self.externalID = externalID
      self.text = text
      self.name = name
      self.heading = heading
      self.metadata = metadata
    }

    enum CodingKeys: String, CodingKey {
      case text, name, heading, metadata
      case externalID = "external_id"
    }
  }
}

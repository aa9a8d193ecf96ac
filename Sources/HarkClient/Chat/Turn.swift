extension HarkClient {
  /// A question and its answer, as the chat log keeps them.
  public struct Turn: Sendable, Hashable, Decodable {
    /// How a turn stands. The set is open.
    public struct Status: RawRepresentable, Sendable, Hashable, Decodable {
      /// The name as it travels.
      public let rawValue: String
      /// Makes a status from its name.
      public init(rawValue: String) { self.rawValue = rawValue }

      /// The question is on record, the answer is not.
      public static let pending = Status(rawValue: "pending")
      /// Both are.
      public static let answered = Status(rawValue: "answered")
    }

    /// The turn's id, never used again for another one.
    public let id: Int64
    /// The conversation that it belongs to.
    public let sessionID: String
    /// Who asked.
    public let userID: String
    /// How it stands.
    public let status: Status
    /// When the question was logged: UTC, ISO 8601.
    public let createdAt: String
    /// When the answer was logged; nil while it is pending.
    public let answeredAt: String?
    /// The question.
    public let userMessage: String
    /// The answer; empty while it is pending.
    public let assistantResponse: String
    /// What was shown with the answer, in the order of the citations.
    public let sources: [TurnSource]

    enum CodingKeys: String, CodingKey {
      case id, status, sources
      case sessionID = "session_id"
      case userID = "user_id"
      case createdAt = "created_at"
      case answeredAt = "answered_at"
      case userMessage = "user_message"
      case assistantResponse = "assistant_response"
    }
  }

  /// A passage that was shown with an answer, as it was then.
  public struct TurnSource: Sendable, Hashable, Decodable {
    /// The number of the citation, from 1.
    public let rank: Int
    /// The score of the search, comparable within one turn only; nil where no search gave it.
    public let score: Double?
    /// The chunk's id, never used again for another one.
    public let chunkID: Int64
    /// The document's id, never used again for another one.
    public let documentID: Int64
    /// The document's name; nil after a redaction.
    public let name: String?
    /// The file's absolute path, where the document is a file; nil after a redaction.
    public let filePath: String?
    /// The program's own id of a document that it handed over; nil after a redaction.
    public let externalID: String?
    /// The page on which the passage begins, where the format has pages.
    public let pageNumber: Int?
    /// The page on which the passage ends.
    public let pageEnd: Int?
    /// The offset of the passage's first Unicode scalar in the document's text.
    public let start: Int
    /// The offset after its last one.
    public let end: Int
    /// The titles of the headings above the passage; nil after a redaction.
    public let heading: String?
    /// The passage; nil after a redaction.
    public let text: String?
    /// The SHA-256 of the passage, in hexadecimal digits.
    public let contentHash: String?
    /// Whether the copy was removed on demand.
    public let isRedacted: Bool

    enum CodingKeys: String, CodingKey {
      case rank, score, name, start, end, heading, text
      case chunkID = "chunk_id"
      case documentID = "document_id"
      case filePath = "file_path"
      case externalID = "external_id"
      case pageNumber = "page_number"
      case pageEnd = "page_end"
      case contentHash = "content_hash"
      case isRedacted = "redacted"
    }
  }

  /// Which turns of the chat log are meant.
  public enum TurnScope: Sendable, Hashable {
    /// Those of a conversation.
    case session(String)
    /// Those of a user, in all conversations.
    case user(String)

    var session: String? { if case .session(let id) = self { id } else { nil } }
    var user: String? { if case .user(let id) = self { id } else { nil } }
  }

  /// Some turns, and where the next ones begin.
  public struct TurnPage: Sendable, Hashable, Decodable {
    /// The turns.
    public let turns: [Turn]
    /// What ``Chat/history(_:limit:after:)`` takes to go on; nil at the end.
    public let cursor: String?
  }

  /// A conversation.
  public struct Session: Sendable, Hashable, Decodable {
    /// Its id, as the program gave it.
    public let sessionID: String
    /// Who asked in it.
    public let userID: String
    /// The number of its turns.
    public let turns: Int
    /// The beginning of its first question.
    public let title: String
    /// When its first question was logged: UTC, ISO 8601.
    public let createdAt: String
    /// When its last question was logged.
    public let updatedAt: String

    enum CodingKeys: String, CodingKey {
      case turns, title
      case sessionID = "session_id"
      case userID = "user_id"
      case createdAt = "created_at"
      case updatedAt = "updated_at"
    }
  }

  /// Some conversations, and where the next ones begin.
  public struct SessionPage: Sendable, Hashable, Decodable {
    /// The conversations.
    public let sessions: [Session]
    /// What ``Chat/sessions(of:limit:after:)`` takes to go on; nil at the end.
    public let cursor: String?
  }

  /// What an export is written as.
  public enum ExportFormat: String, Sendable, Hashable, CaseIterable, Encodable {
    /// A JSON object a line.
    case jsonl
    /// Comma-separated values (RFC 4180) with a header.
    case csv
  }

  /// A part of an export, and where the next one begins.
  public struct ExportPage: Sendable, Hashable, Decodable {
    /// What the text is: `jsonl` or `csv`.
    public let format: String
    /// The text.
    public let text: String
    /// How many turns it has.
    public let turns: Int
    /// What ``Chat/export(_:as:limit:after:)`` takes to go on; nil at the end.
    public let cursor: String?
  }
}

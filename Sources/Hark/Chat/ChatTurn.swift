/// A question and its answer, as the chat log keeps them.
public struct ChatTurn: Sendable, Hashable, Encodable {
  /// How a turn stands.
  public enum Status: String, Sendable, Codable, CaseIterable {
    /// The question is on record, the answer is not.
    case pending
    /// Both are.
    case answered
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
  public let sources: [ChatSource]

  enum CodingKeys: String, CodingKey {
    case id, status, sources
    case sessionID = "session_id"
    case userID = "user_id"
    case createdAt = "created_at"
    case answeredAt = "answered_at"
    case userMessage = "user_message"
    case assistantResponse = "assistant_response"
  }

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(sessionID, forKey: .sessionID)
    try container.encode(userID, forKey: .userID)
    try container.encode(status, forKey: .status)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(answeredAt, forKey: .answeredAt)
    try container.encode(userMessage, forKey: .userMessage)
    try container.encode(assistantResponse, forKey: .assistantResponse)
    try container.encode(sources, forKey: .sources)
  }
}

/// A whole turn that a program logs at once.
public struct ChatDraft: Sendable {
  /// A chunk that was shown.
  public struct Source: Sendable, Hashable, Codable {
    /// The chunk's id.
    public var chunkID: Int64
    /// The number of the citation, from 1: several chunks may be shown as one passage. Nil for the
    /// place in the list.
    public var rank: Int?
    /// The score of the search, where one found it.
    public var score: Double?

    /// Makes a source.
    public init(chunkID: Int64, rank: Int? = nil, score: Double? = nil) {
      self.chunkID = chunkID
      self.rank = rank
      self.score = score
    }

    enum CodingKeys: String, CodingKey {
      case rank, score
      case chunkID = "chunk_id"
    }
  }

  /// The conversation that it belongs to, 1 to 256 bytes.
  public var sessionID: String
  /// Who asked, 1 to 256 bytes.
  public var userID: String
  /// The question, at most a mebibyte.
  public var userMessage: String
  /// The answer, at most four mebibytes; nil where it is to follow.
  public var assistantResponse: String?
  /// The chunks that were shown, in the order of the citations: the log copies what they say at
  /// present.
  public var sources: [Source]

  /// Makes a turn.
  public init(
    sessionID: String, userID: String, userMessage: String, assistantResponse: String? = nil,
    sources: [Source] = []
  ) {
    self.sessionID = sessionID
    self.userID = userID
    self.userMessage = userMessage
    self.assistantResponse = assistantResponse
    self.sources = sources
  }
}

/// Some turns, and where the next ones begin.
public struct ChatPage: Sendable, Encodable {
  /// The turns.
  public let turns: [ChatTurn]
  /// What ``ChatLog/history(_:limit:after:)`` takes to go on; nil at the end.
  public let cursor: String?

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(turns, forKey: .turns)
    try container.encode(cursor, forKey: .cursor)
  }

  enum CodingKeys: String, CodingKey { case turns, cursor }
}

/// A conversation.
public struct ChatSession: Sendable, Hashable, Encodable {
  /// Its id, as the program gave it.
  public let sessionID: String
  /// Who asked in it.
  public let userID: String
  /// The number of its turns.
  public let turns: Int
  /// The beginning of its first question, at most 200 characters.
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
public struct ChatSessionPage: Sendable, Encodable {
  /// The conversations.
  public let sessions: [ChatSession]
  /// What ``ChatLog/sessions(of:limit:after:)`` takes to go on; nil at the end.
  public let cursor: String?

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sessions, forKey: .sessions)
    try container.encode(cursor, forKey: .cursor)
  }

  enum CodingKeys: String, CodingKey { case sessions, cursor }
}

/// Which turns of the chat log are meant.
public enum ChatScope: Sendable, Hashable {
  /// All turns.
  case all
  /// Those of a conversation.
  case session(String)
  /// Those of a user, in all conversations.
  case user(String)
  /// Those that were logged longer ago than so many days.
  case olderThan(days: Int)
}

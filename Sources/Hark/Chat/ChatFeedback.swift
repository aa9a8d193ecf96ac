/// What a user thought of an answer.
public struct ChatFeedback: Sendable, Hashable, Encodable {
  /// Whether an answer was of use.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// It was.
    case helpful
    /// It was not.
    case notHelpful = "not_helpful"
  }

  /// The feedback's id.
  public let id: Int64
  /// Who gave it.
  public let userID: String
  /// The turn that it is about.
  public let messageID: Int64
  /// Whether the answer was of use.
  public let kind: Kind
  /// 1 to 5, where one was given.
  public let rating: Int?
  /// When it was given: UTC, ISO 8601.
  public let createdAt: String

  enum CodingKeys: String, CodingKey {
    case id, rating
    case userID = "user_id"
    case messageID = "message_id"
    case kind = "feedback_type"
    case createdAt = "created_at"
  }

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(userID, forKey: .userID)
    try container.encode(messageID, forKey: .messageID)
    try container.encode(kind, forKey: .kind)
    try container.encode(rating, forKey: .rating)
    try container.encode(createdAt, forKey: .createdAt)
  }
}

/// Some feedback, and where the next begins.
public struct ChatFeedbackPage: Sendable, Encodable {
  /// The feedback.
  public let feedback: [ChatFeedback]
  /// What ``ChatLog/feedback(on:limit:after:)`` takes to go on; nil at the end.
  public let cursor: String?

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(feedback, forKey: .feedback)
    try container.encode(cursor, forKey: .cursor)
  }

  enum CodingKeys: String, CodingKey { case feedback, cursor }
}

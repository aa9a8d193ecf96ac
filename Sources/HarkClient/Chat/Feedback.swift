extension HarkClient {
  /// What users think of answers.
  public var feedback: FeedbackLog { FeedbackLog(client: self) }

  /// What a user thought of an answer.
  public struct Feedback: Sendable, Hashable, Decodable {
    /// Whether an answer was of use. The set is open.
    public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
      /// The name as it travels.
      public let rawValue: String
      /// Makes a kind from its name.
      public init(rawValue: String) { self.rawValue = rawValue }

      /// It was.
      public static let helpful = Kind(rawValue: "helpful")
      /// It was not.
      public static let notHelpful = Kind(rawValue: "not_helpful")
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
  }

  /// What users thought of answers, and where the next page begins.
  public struct FeedbackPage: Sendable, Hashable, Decodable {
    /// What they thought.
    public let feedback: [Feedback]
    /// What ``FeedbackLog/list(on:limit:after:)`` takes to go on; nil at the end.
    public let cursor: String?
  }

  /// The methods about what users think of answers.
  public struct FeedbackLog: Sendable {
    let client: HarkClient

    /// Logs what a user thinks of an answer, in the place of what the same user thought before.
    ///
    /// - Parameters:
    ///   - kind: whether the answer was of use.
    ///   - rating: 1 to 5, or nil.
    ///   - user: who thinks so.
    ///   - turn: the turn that it is about.
    /// - Throws: `chat-missing`, `invalid-argument`.
    @discardableResult
    public func add(
      _ kind: Feedback.Kind, rating: Int? = nil, by user: String, on turn: Int64,
      requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Feedback {
      try await client.call(
        "feedback.add",
        [
          "user_id": user, "message_id": turn, "feedback_type": kind, "rating": rating,
          "request_key": requestKey,
        ])
    }

    /// What users thought, the newest first.
    ///
    /// - Parameters:
    ///   - turn: the turn that it is about; all where nil.
    ///   - limit: the greatest number, 1 to 1,000; the server's default is 50.
    ///   - cursor: where the last page ended; nil for the newest.
    /// - Throws: `invalid-argument`.
    public func list(
      on turn: Int64? = nil, limit: Int? = nil, after cursor: String? = nil
    ) async throws(HarkClientError) -> FeedbackPage {
      try await client.call(
        "feedback.list", ["message_id": turn, "limit": limit, "cursor": cursor])
    }
  }
}

import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods of the chat log.
  static let chatMethods: [Method] = [
    Method(
      .init(
        "chat.ask",
        "Searches, and logs the question with the passages that it found. The answer is pending "
          + "then; `chat.answer` completes the turn.",
        right: .log, writes: true, result: .record("Turn"),
        errors: [
          "collection-missing", "filter-invalid", "model-missing", "model-mismatch",
          "analysis-outdated", "request-key-reused",
        ],
        example: """
          {"session_id": "s-1", "user_id": "minji", "user_message": "Who approves a business trip?",
           "limit": 1, "request_key": "turn-1"}
          """)
    ) { (context, parameters: AskParameters) in
      let collection = try context.collection(parameters.collection, for: .search)
      return try await context.engine.chat.ask(
        parameters.question.userMessage, in: parameters.question.sessionID,
        by: parameters.question.userID,
        options: SearchOptions(
          limit: parameters.limit ?? 10, mode: parameters.mode ?? .hybrid, collection: collection,
          filter: parameters.filter),
        requestKey: parameters.requestKey)
    },
    Method(
      .init(
        "chat.answer", "Completes a turn. The same answer once more does nothing.",
        right: .log, writes: true, result: .record("Turn"),
        errors: ["chat-missing", "chat-answered", "request-key-reused"],
        example: #"{"id": 1, "assistant_response": "The manager does [1]."}"#)
    ) { (context, parameters: AnswerParameters) in
      try await context.engine.chat.answer(
        parameters.id, with: parameters.assistantResponse, requestKey: parameters.requestKey)
    },
    Method(
      .init(
        "chat.append",
        "Logs a whole turn, or a question alone, with copies of the chunks that were shown.",
        right: .log, writes: true, result: .record("Turn"),
        errors: ["chunk-missing", "request-key-reused"],
        example: """
          {"session_id": "s-1", "user_id": "minji", "user_message": "And by train?",
           "assistant_response": "By train, too [1].", "sources": [{"chunk_id": 1}]}
          """)
    ) { (context, parameters: AppendParameters) in
      let sources = parameters.sources ?? []
      try await context.checkChunks(sources.map(\.chunkID), for: .search)
      return try await context.engine.chat.append(
        ChatDraft(
          sessionID: parameters.question.sessionID, userID: parameters.question.userID,
          userMessage: parameters.question.userMessage,
          assistantResponse: parameters.assistantResponse, sources: sources),
        requestKey: parameters.requestKey)
    },
    Method(
      .init(
        "chat.get", "Gives a turn.", right: .log, result: .record("Turn"),
        errors: ["chat-missing"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      try await context.engine.chat.turn(parameters.id)
    },
    Method(
      .init(
        "chat.history",
        "Gives the turns of a conversation, of a user or of all, newest first. What is logged "
          + "meanwhile does not shift pages.",
        right: .log,
        result: .object([.required("turns", .list(.record("Turn")), "The turns."), .nextCursor]),
        example: #"{"session_id": "s-1", "limit": 1}"#)
    ) { (context, parameters: HistoryParameters) in
      try await context.engine.chat.history(
        try parameters.scope.one ?? .all, limit: parameters.limit ?? 50,
        after: parameters.cursor)
    },
    Method(
      .init(
        "chat.sessions", "Gives conversations, those with the newest turns first.",
        right: .log,
        result: .object([
          .required("sessions", .list(.record("Session")), "The conversations."), .nextCursor,
        ]),
        example: #"{"user_id": "minji"}"#)
    ) { (context, parameters: SessionsParameters) in
      try await context.engine.chat.sessions(
        of: parameters.userID, limit: parameters.limit ?? 50, after: parameters.cursor)
    },
    Method(
      .init(
        "chat.search", "Finds turns by words of a query, best first.", right: .log,
        result: .object([.required("turns", .list(.record("Turn")), "The turns.")]),
        example: #"{"query": "trips by train", "limit": 1}"#)
    ) { (context, parameters: ChatSearchParameters) in
      TurnList(
        turns: try await context.engine.chat.search(
          parameters.query, in: try parameters.scope.one ?? .all, limit: parameters.limit ?? 20))
    },
    Method(
      .init(
        "chat.export",
        "Gives turns as text, oldest first: JSON Lines, or CSV (RFC 4180) whose first page has the "
          + "names of the columns. The pages one after the other are the file.",
        right: .log,
        result: .object([
          .required("format", .choice(["jsonl", "csv"]), "How the turns are written."),
          .required("text", .string, "The text."),
          .required("turns", .integer, "How many turns it has."),
          .nextCursor,
        ]),
        example: #"{"user_id": "minji", "format": "csv", "limit": 1}"#)
    ) { (context, parameters: ExportParameters) in
      try await context.engine.chat.exported(
        try parameters.scope.one ?? .all, as: parameters.format ?? .jsonl,
        limit: parameters.limit ?? 100, after: parameters.cursor)
    },
    Method(
      .init(
        "chat.delete",
        "Deletes the turns of a conversation, of a user, or those that are older (one of the "
          + "three), with all that belongs to them, down to the bytes of the files.",
        right: .log, writes: true, lane: .heavy,
        result: .object([.required("turns", .integer, "How many turns were deleted.")]),
        errors: ["store-locked", "request-key-reused"],
        example: #"{"session_id": "s-1"}"#)
    ) { (context, parameters: DeleteParameters) in
      guard let scope = try parameters.scope.one else {
        throw HarkError(
          .invalidArgument, "session_id, user_id or older_than_days: give one of them")
      }
      return TurnCount(
        turns: try await context.engine.chat.delete(scope, requestKey: parameters.requestKey))
    },
    Method(
      .init(
        "chat.redact",
        "Removes the copies of documents' passages from all turns, where a document must vanish "
          + "altogether.",
        right: .administer, writes: true, lane: .heavy,
        result: .object([.required("turns", .integer, "How many turns held some.")]),
        errors: ["store-locked", "request-key-reused"],
        example: #"{"ids": [1]}"#)
    ) { (context, parameters: IDsParameters) in
      TurnCount(
        turns: try await context.engine.chat.redact(
          documents: parameters.ids, requestKey: parameters.requestKey))
    },
    Method(
      .init(
        "feedback.add",
        "Logs what a user thinks of an answer, in the place of what the same user thought before.",
        right: .log, writes: true, result: .record("Feedback"),
        errors: ["chat-missing", "request-key-reused"],
        example: """
          {"user_id": "minji", "message_id": 1, "feedback_type": "helpful", "rating": 5}
          """)
    ) { (context, parameters: FeedbackParameters) in
      try await context.engine.chat.addFeedback(
        parameters.kind, rating: parameters.rating, by: parameters.userID,
        on: parameters.messageID, requestKey: parameters.requestKey)
    },
    Method(
      .init(
        "feedback.list", "Lists feedback, newest first.", right: .log,
        result: .object([
          .required("feedback", .list(.record("Feedback")), "The feedback."), .nextCursor,
        ]),
        example: #"{"message_id": 1}"#)
    ) { (context, parameters: FeedbackListParameters) in
      try await context.engine.chat.feedback(
        on: parameters.messageID, limit: parameters.limit ?? 50, after: parameters.cursor)
    },
  ]

  private struct TurnList: Encodable, Sendable {
    let turns: [ChatTurn]
  }

  private struct TurnCount: Encodable, Sendable {
    let turns: Int
  }
}

/// Who asks what, and where.
private struct QuestionParameters: Decodable {
  let sessionID: String
  let userID: String
  let userMessage: String

  enum CodingKeys: String, CodingKey {
    case sessionID = "session_id"
    case userID = "user_id"
    case userMessage = "user_message"
  }

  static let fields: [Field] = [
    .required("session_id", .string, "The conversation: 1 to 256 bytes of your own."),
    .required("user_id", .string, "Who asks: 1 to 256 bytes of your own."),
    .required("user_message", .string, "The question, at most 1 MiB."),
  ]
}

private struct AskParameters: Parameters {
  let question: QuestionParameters
  let limit: Int?
  let mode: SearchMode?
  let collection: String?
  let filter: SearchFilter?
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case limit, mode, collection, filter
    case requestKey = "request_key"
  }

  init(from decoder: any Decoder) throws {
    question = try QuestionParameters(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    limit = try container.decodeIfPresent(Int.self, forKey: .limit)
    mode = try container.decodeIfPresent(SearchMode.self, forKey: .mode)
    collection = try container.decodeIfPresent(String.self, forKey: .collection)
    filter = try container.decodeIfPresent(SearchFilter.self, forKey: .filter)
    requestKey = try container.decodeIfPresent(String.self, forKey: .requestKey)
  }

  static let fields: [Field] =
    QuestionParameters.fields + [.limit(10), .mode, .collection, .filter, .requestKey]
}

private struct AppendParameters: Parameters {
  let question: QuestionParameters
  let assistantResponse: String?
  let sources: [ChatDraft.Source]?
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case sources
    case assistantResponse = "assistant_response"
    case requestKey = "request_key"
  }

  init(from decoder: any Decoder) throws {
    question = try QuestionParameters(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    assistantResponse = try container.decodeIfPresent(String.self, forKey: .assistantResponse)
    sources = try container.decodeIfPresent([ChatDraft.Source].self, forKey: .sources)
    requestKey = try container.decodeIfPresent(String.self, forKey: .requestKey)
  }

  static let fields: [Field] =
    QuestionParameters.fields + [
      .optional(
        "assistant_response", .string, "The answer, at most 4 MiB; left out where it is to follow."),
      .optional(
        "sources", .list(.object(HarkService.sourceFields)),
        "The chunks that were shown, in the order of the citations, at most 1,000."),
      .requestKey,
    ]
}

private struct AnswerParameters: Parameters {
  let id: Int64
  let assistantResponse: String
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case id
    case assistantResponse = "assistant_response"
    case requestKey = "request_key"
  }

  static let fields: [Field] = [
    .id("The turn."), .required("assistant_response", .string, "The answer, at most 4 MiB."),
    .requestKey,
  ]
}

/// Which turns are meant.
private struct ScopeParameters: Decodable {
  let sessionID: String?
  let userID: String?
  let olderThanDays: Int?

  enum CodingKeys: String, CodingKey {
    case sessionID = "session_id"
    case userID = "user_id"
    case olderThanDays = "older_than_days"
  }

  static let fields: [Field] = [
    .optional("session_id", .string, "The turns of this conversation."),
    .optional("user_id", .string, "The turns of this user, in all conversations."),
  ]

  /// The one that was given, if any.
  var one: ChatScope? {
    get throws(HarkError) {
      let given: [ChatScope?] = [
        sessionID.map { .session($0) }, userID.map { .user($0) },
        olderThanDays.map { .olderThan(days: $0) },
      ]
      let scopes = given.compactMap(\.self)
      guard scopes.count <= 1 else {
        throw HarkError(
          .invalidArgument, "session_id, user_id and older_than_days: give one of them alone")
      }
      return scopes.first
    }
  }
}

private struct HistoryParameters: Parameters {
  let scope: ScopeParameters
  let limit: Int?
  let cursor: String?

  enum CodingKeys: String, CodingKey { case limit, cursor }

  init(from decoder: any Decoder) throws {
    scope = try ScopeParameters(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    limit = try container.decodeIfPresent(Int.self, forKey: .limit)
    cursor = try container.decodeIfPresent(String.self, forKey: .cursor)
  }

  static let fields: [Field] = ScopeParameters.fields + [.limit(50), .cursor]
}

private struct SessionsParameters: Parameters {
  let userID: String?
  let limit: Int?
  let cursor: String?

  enum CodingKeys: String, CodingKey {
    case limit, cursor
    case userID = "user_id"
  }

  static let fields: [Field] = [
    .optional("user_id", .string, "Whose conversations; left out for all."), .limit(50), .cursor,
  ]
}

private struct ChatSearchParameters: Parameters {
  let query: String
  let scope: ScopeParameters
  let limit: Int?

  enum CodingKeys: String, CodingKey { case query, limit }

  init(from decoder: any Decoder) throws {
    scope = try ScopeParameters(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    query = try container.decode(String.self, forKey: .query)
    limit = try container.decodeIfPresent(Int.self, forKey: .limit)
  }

  static let fields: [Field] =
    [.required("query", .string, "Some words, in any language.")] + ScopeParameters.fields
    + [.limit(20)]
}

private struct ExportParameters: Parameters {
  let scope: ScopeParameters
  let format: ChatExportFormat?
  let limit: Int?
  let cursor: String?

  enum CodingKeys: String, CodingKey { case format, limit, cursor }

  init(from decoder: any Decoder) throws {
    scope = try ScopeParameters(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    format = try container.decodeIfPresent(ChatExportFormat.self, forKey: .format)
    limit = try container.decodeIfPresent(Int.self, forKey: .limit)
    cursor = try container.decodeIfPresent(String.self, forKey: .cursor)
  }

  static let fields: [Field] =
    ScopeParameters.fields + [
      .optional(
        "format", .choice(["jsonl", "csv"]), "How the turns are written.", default: "jsonl"),
      .limit(100), .cursor,
    ]
}

private struct DeleteParameters: Parameters {
  let scope: ScopeParameters
  let requestKey: String?

  enum CodingKeys: String, CodingKey { case requestKey = "request_key" }

  init(from decoder: any Decoder) throws {
    scope = try ScopeParameters(from: decoder)
    requestKey = try decoder.container(keyedBy: CodingKeys.self)
      .decodeIfPresent(String.self, forKey: .requestKey)
  }

  static let fields: [Field] =
    ScopeParameters.fields + [
      .optional(
        "older_than_days", .integer(0...36_500), "The turns that were logged longer ago."),
      .requestKey,
    ]
}

private struct FeedbackParameters: Parameters {
  let userID: String
  let messageID: Int64
  let kind: ChatFeedback.Kind
  let rating: Int?
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case rating
    case userID = "user_id"
    case messageID = "message_id"
    case kind = "feedback_type"
    case requestKey = "request_key"
  }

  static let fields: [Field] = [
    .required("user_id", .string, "Who thinks so."), .required("message_id", .integer, "The turn."),
    .required(
      "feedback_type", .choice(["helpful", "not_helpful"]), "Whether the answer was of use."),
    .optional("rating", .integer(1...5), "1 to 5."), .requestKey,
  ]
}

private struct FeedbackListParameters: Parameters {
  let messageID: Int64?
  let limit: Int?
  let cursor: String?

  enum CodingKeys: String, CodingKey {
    case limit, cursor
    case messageID = "message_id"
  }

  static let fields: [Field] = [
    .optional("message_id", .integer, "The turn; left out for all."), .limit(50), .cursor,
  ]
}

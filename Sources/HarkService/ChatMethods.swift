import Foundation
import Hark

extension HarkService {
  /// The methods of the chat log.
  static let chatMethods: [Method] = [
    Method("chat.ask", writes: true) {
      (context, parameters: AskParameters) async throws(HarkError) in
      try await context.engine.chat.ask(
        parameters.userMessage, in: parameters.sessionID, by: parameters.userID,
        options: SearchOptions(
          limit: parameters.limit, mode: parameters.mode, collection: parameters.collection),
        requestKey: parameters.requestKey)
    },
    Method("chat.answer", writes: true) {
      (context, parameters: AnswerParameters) async throws(HarkError) in
      try await context.engine.chat.answer(
        parameters.id, with: parameters.assistantResponse, requestKey: parameters.requestKey)
    },
    Method("chat.append", writes: true) {
      (context, parameters: AppendParameters) async throws(HarkError) in
      try await context.engine.chat.append(
        ChatDraft(
          sessionID: parameters.sessionID, userID: parameters.userID,
          userMessage: parameters.userMessage, assistantResponse: parameters.assistantResponse,
          sources: (parameters.sources ?? []).map { ($0.chunkID, $0.score) }),
        requestKey: parameters.requestKey)
    },
    Method("chat.get") { (context, parameters: IDParameters) async throws(HarkError) in
      try await context.engine.chat.turn(parameters.id)
    },
    Method("chat.history") {
      (context, parameters: HistoryParameters) async throws(HarkError) in
      try await context.engine.chat.history(
        try parameters.scope.scope ?? .all, limit: parameters.limit ?? 50,
        after: parameters.cursor)
    },
    Method("chat.sessions") {
      (context, parameters: SessionsParameters) async throws(HarkError) in
      try await context.engine.chat.sessions(
        of: parameters.userID, limit: parameters.limit ?? 50, after: parameters.cursor)
    },
    Method("chat.search") {
      (context, parameters: ChatSearchParameters) async throws(HarkError) in
      TurnList(
        turns: try await context.engine.chat.search(
          parameters.query, in: try parameters.scope.scope ?? .all,
          limit: parameters.limit ?? 20))
    },
    Method("chat.delete", writes: true) {
      (context, parameters: DeleteParameters) async throws(HarkError) in
      guard let scope = try parameters.scope.scope else {
        throw HarkError(
          .invalidArgument, "session_id, user_id or older_than_days: give one of them")
      }
      return TurnCount(turns: try await context.engine.chat.delete(scope))
    },
    Method("chat.redact", writes: true) {
      (context, parameters: IDsParameters) async throws(HarkError) in
      TurnCount(turns: try await context.engine.chat.redact(documents: parameters.ids))
    },
    Method("feedback.add", writes: true) {
      (context, parameters: FeedbackParameters) async throws(HarkError) in
      try await context.engine.chat.addFeedback(
        parameters.kind, rating: parameters.rating, by: parameters.userID,
        on: parameters.messageID)
    },
    Method("feedback.list") {
      (context, parameters: FeedbackListParameters) async throws(HarkError) in
      FeedbackList(
        feedback: try await context.engine.chat.feedback(
          on: parameters.messageID, limit: parameters.limit ?? 50))
    },
  ]

  private struct AskParameters: Parameters {
    let sessionID: String
    let userID: String
    let userMessage: String
    let limit: Int?
    let mode: SearchMode?
    let collection: String?
    let requestKey: String?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case limit, mode, collection
      case sessionID = "session_id"
      case userID = "user_id"
      case userMessage = "user_message"
      case requestKey = "request_key"
    }
  }

  private struct AnswerParameters: Parameters {
    let id: Int64
    let assistantResponse: String
    let requestKey: String?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case id
      case assistantResponse = "assistant_response"
      case requestKey = "request_key"
    }
  }

  private struct AppendParameters: Parameters {
    struct Source: Decodable, Sendable {
      let chunkID: Int64
      let score: Double?
      enum CodingKeys: String, CodingKey {
        case score
        case chunkID = "chunk_id"
      }
    }

    let sessionID: String
    let userID: String
    let userMessage: String
    let assistantResponse: String?
    let sources: [Source]?
    let requestKey: String?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case sources
      case sessionID = "session_id"
      case userID = "user_id"
      case userMessage = "user_message"
      case assistantResponse = "assistant_response"
      case requestKey = "request_key"
    }
  }

  /// Which turns are meant: at most one of the three.
  private struct ScopeParameters {
    var sessionID: String?
    var userID: String?
    var olderThanDays: Int?

    var scope: ChatScope? {
      get throws(HarkError) {
        let given: [ChatScope] =
          [sessionID.map { .session($0) }, userID.map { .user($0) }].compactMap(\.self)
          + (olderThanDays.map { [.olderThan(days: $0)] } ?? [])
        guard given.count <= 1 else {
          throw HarkError(
            .invalidArgument, "session_id, user_id and older_than_days: give one of them alone")
        }
        return given.first
      }
    }
  }

  private struct HistoryParameters: Parameters {
    let sessionID: String?
    let userID: String?
    let limit: Int?
    let cursor: String?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case limit, cursor
      case sessionID = "session_id"
      case userID = "user_id"
    }
    var scope: ScopeParameters { ScopeParameters(sessionID: sessionID, userID: userID) }
  }

  private struct SessionsParameters: Parameters {
    let userID: String?
    let limit: Int?
    let cursor: String?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case limit, cursor
      case userID = "user_id"
    }
  }

  private struct ChatSearchParameters: Parameters {
    let query: String
    let sessionID: String?
    let userID: String?
    let limit: Int?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case query, limit
      case sessionID = "session_id"
      case userID = "user_id"
    }
    var scope: ScopeParameters { ScopeParameters(sessionID: sessionID, userID: userID) }
  }

  private struct DeleteParameters: Parameters {
    let sessionID: String?
    let userID: String?
    let olderThanDays: Int?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case sessionID = "session_id"
      case userID = "user_id"
      case olderThanDays = "older_than_days"
    }
    var scope: ScopeParameters {
      ScopeParameters(sessionID: sessionID, userID: userID, olderThanDays: olderThanDays)
    }
  }

  private struct FeedbackParameters: Parameters {
    let userID: String
    let messageID: Int64
    let kind: ChatFeedback.Kind
    let rating: Int?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case rating
      case userID = "user_id"
      case messageID = "message_id"
      case kind = "feedback_type"
    }
  }

  private struct FeedbackListParameters: Parameters {
    let messageID: Int64?
    let limit: Int?
    enum CodingKeys: String, CodingKey, CaseIterable {
      case limit
      case messageID = "message_id"
    }
  }

  private struct TurnList: Encodable, Sendable {
    let turns: [ChatTurn]
  }

  private struct TurnCount: Encodable, Sendable {
    let turns: Int
  }

  private struct FeedbackList: Encodable, Sendable {
    let feedback: [ChatFeedback]
  }
}

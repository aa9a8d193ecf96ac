import Foundation
import Machine

/// How turns are written to a file.
public enum ChatExportFormat: String, Sendable, CaseIterable, Codable {
  /// One JSON object a line.
  case jsonl
  /// Comma-separated values (RFC 4180) with a header; sources are JSON in one field.
  case csv

  /// What stands before the first turn.
  var header: String {
    switch self {
    case .jsonl: ""
    case .csv:
      "id,session_id,user_id,status,created_at,answered_at,user_message,assistant_response,"
        + "sources\r\n"
    }
  }

  /// A turn as it stands in the file.
  func line(of turn: ChatTurn) throws -> String {
    switch self {
    case .jsonl: return try Catalog.json(turn) + "\n"
    case .csv:
      let fields = [
        String(turn.id), turn.sessionID, turn.userID, turn.status.rawValue, turn.createdAt,
        turn.answeredAt ?? "", turn.userMessage, turn.assistantResponse,
        try Catalog.json(turn.sources),
      ]
      return fields.map(Self.quoted).joined(separator: ",") + "\r\n"
    }
  }

  /// A field in quotes where it holds what parts fields or lines.
  private static func quoted(_ field: String) -> String {
    // By scalars, for a carriage return and a line feed are one character.
    guard field.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
      return field
    }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}

/// Some turns as text, and where the next ones begin.
public struct ChatExportPage: Sendable, Encodable {
  /// How the turns are written.
  public let format: ChatExportFormat
  /// The text; the pages one after the other are the file.
  public let text: String
  /// The number of turns in it.
  public let turns: Int
  /// What ``ChatLog/exported(_:as:limit:after:)`` takes to go on; nil at the end.
  public let cursor: String?

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(format, forKey: .format)
    try container.encode(text, forKey: .text)
    try container.encode(turns, forKey: .turns)
    try container.encode(cursor, forKey: .cursor)
  }

  enum CodingKeys: String, CodingKey { case format, text, turns, cursor }
}

extension ChatLog {
  /// Turns as text, oldest first, a page at a time.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of turns, 1 to 1,000.
  ///   - cursor: where the last page ended; nil for the beginning, which has the names of columns.
  /// - Throws: `invalid-argument`.
  public func exported(
    _ scope: ChatScope, as format: ChatExportFormat, limit: Int = 100, after cursor: String? = nil
  ) async throws(HarkError) -> ChatExportPage {
    let after = try PageLimits.check(limit, cursor)
    return try await detached { store in
      let page = try store.turns(scope, after: after ?? 0, limit: limit)
      let text = try page.turns.reduce(into: after == nil ? format.header : "") { text, turn in
        text += try format.line(of: turn)
      }
      return ChatExportPage(
        format: format, text: text, turns: page.turns.count, cursor: page.cursor)
    }
  }

  /// Writes turns to a file, oldest first; an older file is replaced when all is written.
  ///
  /// - Returns: the number of turns.
  /// - Throws: `file-write-failed`, `disk-full`.
  /// - Complexity: O(*n*) in the turns; memory holds some hundred at a time.
  public func export(
    _ scope: ChatScope, as format: ChatExportFormat, to path: String
  ) async throws(HarkError) -> Int {
    try await detached { store in
      try AtomicFile.publish(path, failure: HarkError.init(wrapping:)) {
        (writer) throws(HarkError) in
        do {
          try writer.write(format.header)
          var count = 0
          var last: Int64 = 0
          while true {
            let turns = try store.turns(scope, after: last, limit: 500).turns
            guard let newest = turns.last else { return count }
            for turn in turns { try writer.write(format.line(of: turn)) }
            count += turns.count
            last = newest.id
          }
        } catch {
          throw HarkError(wrapping: error)
        }
      }
    }
  }
}

import Foundation
import Machine

/// How turns are written to a file.
public enum ChatExportFormat: String, Sendable, CaseIterable {
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

extension ChatLog {
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
            let turns = try store.turns(scope, after: last, limit: 500)
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

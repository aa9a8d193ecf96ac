import Hark

/// The chat log in words.
enum ChatRendering {
  /// The columns of a question in a table.
  private static let questionColumns = 60

  /// A turn with its sources.
  static func text(of turn: ChatTurn) -> String {
    var text = Columns.text(of: [
      ["id", "\(turn.id)"], ["session", DisplayText.line(turn.sessionID)],
      ["user", DisplayText.line(turn.userID)], ["status", turn.status.rawValue],
      ["created", turn.createdAt],
    ])
    text += "\n\(DisplayText.paragraphs(turn.userMessage))\n"
    if turn.status == .answered {
      text += "\n\(DisplayText.paragraphs(turn.assistantResponse))\n"
    }
    for source in turn.sources { text += "\n" + self.text(of: source) }
    return text
  }

  private static func text(of source: ChatSource) -> String {
    var place = source.name.map { DisplayText.line($0) } ?? "(redacted)"
    if let page = source.pageNumber { place += ", page \(page)" }
    let passage = source.text.map { DisplayText.paragraphs($0) + "\n" } ?? ""
    return "[\(source.rank)] \(place)\n" + passage
  }

  /// A line a turn.
  static func table(of turns: [ChatTurn], cursor: String?, isQuiet: Bool) -> String {
    guard !turns.isEmpty else { return isQuiet ? "" : "There are no such turns.\n" }
    let rows = turns.map { turn in
      [
        "\(turn.id)", time(turn.createdAt), DisplayText.line(turn.userID), turn.status.rawValue,
        beginning(of: turn.userMessage),
      ]
    }
    return table(["ID", "CREATED", "USER", "STATUS", "QUESTION"], rows, cursor, isQuiet)
  }

  /// A line a conversation.
  static func table(of page: ChatSessionPage, isQuiet: Bool) -> String {
    guard !page.sessions.isEmpty else { return isQuiet ? "" : "There are no conversations.\n" }
    let rows = page.sessions.map { session in
      [
        DisplayText.line(session.sessionID), time(session.updatedAt),
        DisplayText.line(session.userID), "\(session.turns)", beginning(of: session.title),
      ]
    }
    return table(["SESSION", "UPDATED", "USER", "TURNS", "TITLE"], rows, page.cursor, isQuiet)
  }

  /// A line a feedback.
  static func table(of feedback: [ChatFeedback], isQuiet: Bool) -> String {
    guard !feedback.isEmpty else { return isQuiet ? "" : "There is no feedback.\n" }
    let rows = feedback.map { item in
      [
        "\(item.messageID)", time(item.createdAt), DisplayText.line(item.userID),
        item.kind.rawValue, item.rating.map { "\($0)" } ?? "",
      ]
    }
    return table(["TURN", "CREATED", "USER", "FEEDBACK", "RATING"], rows, nil, isQuiet)
  }

  private static func table(
    _ head: [String], _ rows: [[String]], _ cursor: String?, _ isQuiet: Bool
  ) -> String {
    let text = Columns.text(of: isQuiet ? rows : [head] + rows)
    guard let cursor, !isQuiet else { return text }
    return text + "\nThere are more: --after \(cursor)\n"
  }

  private static func time(_ moment: String) -> String {
    String(moment.prefix(19)).replacing("T", with: " ")
  }

  private static func beginning(of text: String) -> String {
    let line = DisplayText.line(text)
    guard DisplayText.columns(line) > questionColumns else { return line }
    return DisplayText.prefix(line, columns: questionColumns - 1) + "…"
  }
}

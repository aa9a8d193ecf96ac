public import ArgumentParser
public import Hark

/// `hark chat sessions`.
struct ChatSessionsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "List conversations, those with the newest turns first.",
    discussion: """
      EXAMPLES
        hark chat sessions --user minji
        hark chat sessions --json | jq -r '.sessions[].session_id'
      """)

  @Option(help: ArgumentHelp("Only those of this user. (default: all)", valueName: "id"))
  var user: String?

  @OptionGroup var limit: ChatLimitOption

  @Option(help: ArgumentHelp("Where the last page ended: its 'cursor'.", valueName: "cursor"))
  var after: String?

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let page = try await engine.chat.sessions(of: user, limit: limit.limit, after: after)
    if shared.json { return try Answer(json: page) }
    return Answer(ChatRendering.table(of: page, isQuiet: shared.quiet))
  }
}

/// `hark chat history`.
struct ChatHistoryCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List turns, newest first.",
    discussion: """
      EXAMPLES
        hark chat history --session s-1
        hark chat history --user minji --json | jq -r '.turns[].user_message'
      """)

  @OptionGroup var scope: ChatScopeOptions

  @OptionGroup var limit: ChatLimitOption

  @Option(help: ArgumentHelp("Where the last page ended: its 'cursor'.", valueName: "cursor"))
  var after: String?

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let page = try await engine.chat.history(
      scope.scope ?? .all, limit: limit.limit, after: after)
    if shared.json { return try Answer(json: page) }
    return Answer(
      ChatRendering.table(of: page.turns, cursor: page.cursor, isQuiet: shared.quiet))
  }
}

/// `hark chat show`.
struct ChatShowCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a turn with the passages that were shown with it.",
    discussion: """
      EXAMPLES
        hark chat show 7
        hark chat show 7 --json | jq '.sources[0].text'
      """)

  @Argument(help: "The turn's id.")
  var id: Int64

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let turn = try await engine.chat.turn(id)
    if shared.json { return try Answer(json: turn) }
    return Answer(ChatRendering.text(of: turn))
  }
}

/// `hark chat search`.
struct ChatSearchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find turns by words of their questions and answers.",
    discussion: """
      EXAMPLES
        hark chat search 'hotel price'
        hark chat search 숙박비 --user minji --json
      """)

  @Argument(help: "The words, in any language.")
  var query: String

  @OptionGroup var scope: ChatScopeOptions

  @OptionGroup var limit: ChatLimitOption

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was found.
  struct Found: Encodable {
    let turns: [ChatTurn]
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let turns = try await engine.chat.search(
      query, in: scope.scope ?? .all, limit: limit.limit)
    if shared.json { return try Answer(json: Found(turns: turns)) }
    return Answer(ChatRendering.table(of: turns, cursor: nil, isQuiet: shared.quiet))
  }
}

/// `hark chat feedback`.
struct ChatFeedbackCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback",
    abstract: "List what users thought of answers, newest first.",
    discussion: """
      EXAMPLES
        hark chat feedback
        hark chat feedback --turn 7 --json
      """)

  @Option(help: ArgumentHelp("Only on this turn. (default: all)", valueName: "id"))
  var turn: Int64?

  @OptionGroup var limit: ChatLimitOption

  @OptionGroup var shared: SharedOptions

  /// The JSON form of the list.
  struct List: Encodable {
    let feedback: [ChatFeedback]
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let feedback = try await engine.chat.feedback(on: turn, limit: limit.limit).feedback
    if shared.json { return try Answer(json: List(feedback: feedback)) }
    return Answer(ChatRendering.table(of: feedback, isQuiet: shared.quiet))
  }
}

/// `hark chat export`.
struct ChatExportCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write turns to a file, oldest first.",
    discussion: """
      EXAMPLES
        hark chat export --output turns.jsonl
        hark chat export --output turns.csv --format csv --user minji
      """)

  @OptionGroup var scope: ChatScopeOptions

  @Option(
    help: ArgumentHelp("Where the turns go; an older file is replaced.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: "A JSON object a line, or comma-separated values.")
  var format = ChatExportFormat.jsonl

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Account: Encodable {
    let turns: Int
    let output: String
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let count = try await engine.chat.export(scope.scope ?? .all, as: format, to: output)
    if shared.json { return try Answer(json: Account(turns: count, output: output)) }
    let turns = Quantity.count(count, "turn")
    return Answer(shared.quiet ? "" : "\(turns) written: \(DisplayText.line(output)).\n")
  }
}

extension ChatExportFormat: ExpressibleByArgument {}

/// `hark chat judgements`.
struct ChatJudgementsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "judgements",
    abstract: "Write what users thought of answers as a set for 'hark eval'.",
    discussion: """
      Questions with feedback become the queries, the documents that the answers cite their \
      judgements, and the documents of the store the corpus, in BEIR's layout. A helpful answer \
      gives the documents that it cites a gain of 1 to 3 by its rating, another one a gain of 0; an \
      answer without citations speaks of its best source.

      EXAMPLES
        hark chat judgements ~/feedback
        hark eval ~/feedback
      """)

  @Argument(
    help: "The folder of the set; its files are replaced.", completion: .directory)
  var folder: String

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let written = try await engine.chat.exportJudgements(to: folder)
    if shared.json { return try Answer(json: written) }
    let account =
      "\(Quantity.count(written.queries, "question")), "
      + "\(Quantity.count(written.judgements, "judgement")), "
      + "\(Quantity.count(written.documents, "document")) written: \(DisplayText.line(folder)).\n"
    return Answer(shared.quiet ? "" : account)
  }
}

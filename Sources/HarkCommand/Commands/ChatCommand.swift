import ArgumentParser
import Hark

/// `hark chat`: what was asked, answered and shown.
struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Ask with a record, and read, export and delete what is on record.",
    discussion: """
      The chat log keeps each question with its answer and with the passages that were shown, as \
      they were then: an old citation resolves even when its document was changed or deleted.

      EXAMPLES
        hark chat ask 'Who approves a business trip?' --session s-1 --user minji
        hark chat sessions
        hark chat history --user minji
        hark chat search 'hotel price'
        hark chat delete --older-than 90
      """,
    subcommands: [
      ChatAskCommand.self, ChatAnswerCommand.self, ChatSessionsCommand.self,
      ChatHistoryCommand.self, ChatShowCommand.self, ChatSearchCommand.self,
      ChatFeedbackCommand.self, ChatExportCommand.self, ChatJudgementsCommand.self,
      ChatDeleteCommand.self, ChatRedactCommand.self,
    ])
}

/// The turns that a command is about.
struct ChatScopeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The turns of this conversation.", valueName: "id"))
  var session: String?

  @Option(help: ArgumentHelp("The turns of this user.", valueName: "id"))
  var user: String?

  @Option(help: ArgumentHelp("The turns logged longer ago.", valueName: "days"))
  var olderThan: Int?

  /// The turns; nil where no option was given.
  var scope: ChatScope? {
    session.map(ChatScope.session) ?? user.map(ChatScope.user)
      ?? olderThan.map { .olderThan(days: $0) }
  }

  func validate() throws {
    let given = [session != nil, user != nil, olderThan != nil].filter { $0 }.count
    guard given <= 1 else {
      throw ValidationError("Give one of --session, --user and --older-than.")
    }
    if let olderThan, olderThan < 0 {
      throw ValidationError("The days have to be 0 or more, and are \(olderThan).")
    }
  }
}

/// The greatest number of items that a command lists.
struct ChatLimitOption: ParsableArguments {
  @Option(name: [.customShort("k"), .long], help: "The greatest number listed, 1 to 1000.")
  var limit = 20

  func validate() throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError("The limit has to be from 1 to 1000, and is \(limit).")
    }
  }
}

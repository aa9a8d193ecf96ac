import ArgumentParser
import Hark

/// `hark tasks`: what was and is done to the store.
struct TasksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "List, show and cancel ingests, rebuilds and re-embeddings.",
    discussion: """
      Every ingest that has something to do, every rebuild and every re-embedding is a task: \
      enqueued, processing, then succeeded, failed or canceled. What programs enqueue is carried \
      out by `hark serve`, one task after the other.

      EXAMPLES
        hark tasks list
        hark tasks show 7
        hark tasks cancel 7
      """,
    subcommands: [TasksListCommand.self, TasksShowCommand.self, TasksCancelCommand.self],
    defaultSubcommand: TasksListCommand.self)
}

/// `hark tasks list`.
struct TasksListCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the newest tasks.",
    discussion: """
      EXAMPLES
        hark tasks list --limit 10
        hark tasks list --json | jq '.tasks[] | select(.status == "failed")'
      """)

  @Option(name: [.customShort("k"), .long], help: "The greatest number of tasks, 1 to 10000.")
  var limit = 20

  @OptionGroup var shared: SharedOptions

  /// The JSON form of the list.
  struct List: Encodable {
    let tasks: [TaskRecord]
  }

  func validate() throws {
    guard (1...10_000).contains(limit) else {
      throw ValidationError("The limit has to be from 1 to 10000, and is \(limit).")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let tasks = try await engine.tasks(limit: limit)
    if shared.json { return try Answer(json: List(tasks: tasks)) }
    return Answer(TaskRendering.table(of: tasks, isQuiet: shared.quiet))
  }
}

/// `hark tasks show`.
struct TasksShowCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a task.",
    discussion: """
      EXAMPLES
        hark tasks show 7
        hark tasks show 7 --json | jq .counts
      """)

  @Argument(help: "The task's id.")
  var id: Int64

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let task = try await engine.task(id)
    if shared.json { return try Answer(json: task) }
    return Answer(TaskRendering.text(of: task))
  }
}

/// `hark tasks cancel`.
struct TasksCancelCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "End a task: at once while it waits, within a second while it runs.",
    discussion: """
      What the task has committed is kept.

      EXAMPLES
        hark tasks cancel 7
        hark tasks cancel 7 --json
      """)

  @Argument(help: "The task's id.")
  var id: Int64

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let task = try await engine.cancelTask(id)
    if shared.json { return try Answer(json: task) }
    let done = task.status == .canceled ? "Canceled" : "Asked for the end of"
    return Answer(shared.quiet ? "" : "\(done) task \(id).\n")
  }
}

import Hark

/// Tasks in words.
enum TaskRendering {
  /// A line a task, newest first.
  static func table(of tasks: [TaskRecord], isQuiet: Bool) -> String {
    guard !tasks.isEmpty else { return isQuiet ? "" : "There are no tasks yet.\n" }
    var rows = tasks.map { task in
      [
        "\(task.id)", task.kind.rawValue, task.status.rawValue,
        time(task.createdAt), outcome(of: task),
      ]
    }
    if !isQuiet { rows.insert(["ID", "KIND", "STATUS", "CREATED", "OUTCOME"], at: 0) }
    return Columns.text(of: rows, leading: [0])
  }

  /// What has become of a task, without a line's end.
  static func line(of task: TaskRecord) -> String {
    let outcome = outcome(of: task)
    let what = "task \(task.id) \(task.status.rawValue)"
    return outcome.isEmpty ? what : "\(what): \(outcome)"
  }

  /// All that is known of a task.
  static func text(of task: TaskRecord) -> String {
    var fields = [
      ["id", "\(task.id)"], ["kind", task.kind.rawValue], ["status", task.status.rawValue],
      ["payload", DisplayText.line(task.payload)], ["created", task.createdAt],
    ]
    if task.priority != 0 { fields.append(["priority", "\(task.priority)"]) }
    if let agent = task.agent { fields.append(["process", DisplayText.line(agent)]) }
    if let started = task.startedAt { fields.append(["started", started]) }
    if task.attempts > 0 { fields.append(["attempts", "\(task.attempts)"]) }
    if let finished = task.finishedAt { fields.append(["finished", finished]) }
    let outcome = outcome(of: task)
    if !outcome.isEmpty { fields.append(["outcome", outcome]) }
    return Columns.text(of: fields)
  }

  /// How a task ended or what it waits for, in a few words.
  private static func outcome(of task: TaskRecord) -> String {
    if let message = task.errorMessage { return DisplayText.line(message) }
    if task.status == .enqueued { return patience(of: task) }
    if task.status == .processing, task.isCancelRequested { return "its end was asked for" }
    let counts = ["added", "changed", "moved", "deleted", "chunks"].compactMap { key in
      task.count(key).flatMap { $0 > 0 ? "\(Quantity.grouped(Int($0))) \(key)" : nil }
    }
    return counts.joined(separator: ", ")
  }

  /// What a task waits for.
  private static func patience(of task: TaskRecord) -> String {
    guard task.agent == nil else { return "waits for another writer" }
    var parts = ["waits for `hark serve`"]
    if task.scheduledAt > task.createdAt { parts.append("not before \(time(task.scheduledAt))") }
    if task.attempts > 0 { parts.append("interrupted \(Quantity.count(task.attempts, "time"))") }
    return parts.joined(separator: ", ")
  }

  /// A time to the second, for people.
  private static func time(_ text: String) -> String {
    DisplayText.line(text.prefix(19).replacing("T", with: " "))
  }
}

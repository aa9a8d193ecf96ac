import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods that add documents, and those about tasks.
  static let taskMethods: [Method] = [
    Method(
      .init(
        "ingest",
        "Enqueues an ingest: a collection is kept in step with files and folders, or takes texts, "
          + "each in the place of the one with its `external_id`. The task is on the disk when the "
          + "answer comes; `tasks.get` tells what became of it, `subscribe` when it has ended.",
        right: .ingest, writes: true, result: .record("Task"),
        errors: ["collection-missing", "path-missing", "request-key-reused"],
        example: """
          {"documents": [
            {"external_id": "travel", "name": "travel.txt", "heading": "Travel",
             "text": "The manager approves business trips. Trains come before planes.",
             "metadata": {"author": "Office"}},
            {"external_id": "leave", "name": "휴가.txt", "text": "연차 휴가는 스물다섯 날입니다."}],
           "request_key": "notes-1"}
          """)
    ) { (context, parameters: IngestParameters) in
      let collection = try context.collection(parameters.collection, for: .ingest)
      // The server reads paths with its own rights: who names them reads whatever it can read.
      guard parameters.paths == nil || context.access.allows(.administer) else {
        throw RPCError.forbidden(
          "Paths are read with the server's rights, which needs the right administer: give the "
            + "documents' texts.", field: "paths")
      }
      return try await context.engine.enqueue(
        IngestRequest(try parameters.source, into: collection),
        requestKey: parameters.requestKey)
    },
    Method(
      .init(
        "subscribe",
        "Waits until a task has ended, and gives it. Before, notifications `progress` tell how far "
          + "it is, with the `id` of the request, `task`, `phase`, `files_done`, `files_total` and "
          + "`chunks_done`.",
        right: .ingest, lane: .waiting, result: .record("Task"), errors: ["task-missing"],
        example: #"{"task": 1}"#)
    ) { (context, parameters: SubscribeParameters) in
      try await context.checkTask(parameters.task)
      for await progress in try await context.engine.progress(of: parameters.task) {
        try await context.tell(progress, of: parameters.task)
      }
      // A canceled request ends the stream, and not the task.
      try Task.checkCancellation()
      return try await context.engine.task(parameters.task)
    },
    Method(
      .init(
        "tasks.list", "Lists the newest tasks, newest first.", right: .ingest,
        result: .object([.required("tasks", .list(.record("Task")), "The tasks.")]))
    ) { (context, parameters: LimitParameters) in
      let tasks = try await context.engine.tasks(limit: parameters.limit ?? 50)
      return TaskList(tasks: tasks.filter(context.mayManage))
    },
    Method(
      .init(
        "tasks.get", "Gives a task.", right: .ingest, result: .record("Task"),
        errors: ["task-missing"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      try await context.checkTask(parameters.id)
      return try await context.engine.task(parameters.id)
    },
    Method(
      .init(
        "tasks.cancel",
        "Asks for the end of a task: one that waits is canceled at once, one that runs soon. What "
          + "it has committed is kept.",
        right: .ingest, writes: true, result: .record("Task"),
        errors: ["task-missing", "task-ended"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      try await context.checkTask(parameters.id)
      return try await context.engine.cancelTask(parameters.id)
    },
  ]

  private struct TaskList: Encodable, Sendable {
    let tasks: [TaskRecord]
  }
}

private struct LimitParameters: Parameters {
  let limit: Int?

  static let fields: [Field] = [.limit(50)]
}

private struct IngestParameters: Parameters {
  struct Text: Decodable, Sendable {
    let externalID: String
    let name: String?
    let heading: String?
    let text: String
    let metadata: DocumentMetadata?

    enum CodingKeys: String, CodingKey {
      case name, heading, text, metadata
      case externalID = "external_id"
    }

    static let fields: [Field] = [
      .required("external_id", .string, "Your own id, 1 to 1,024 bytes."),
      .required("text", .string, "The text."),
      .optional("name", .string, "The name that citations show; else the id."),
      .optional("heading", .string, "A heading above the text."),
      .optional(
        "metadata", .map(.any),
        "`title`, `author`, `language`, `created`, `modified`, `tags`, `source_url`, and fields of "
          + "your own."),
    ]
  }

  let paths: [String]?
  let documents: [Text]?
  let collection: String?
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case paths, documents, collection
    case requestKey = "request_key"
  }

  /// What is to be taken.
  var source: IngestRequest.Source {
    get throws(HarkError) {
      switch (paths, documents) {
      case (let paths?, nil): return .paths(paths)
      case (nil, let documents?):
        return .documents(
          documents.map { document in
            SourceDocument(
              externalID: document.externalID, name: document.name,
              content: .text(document.text, heading: document.heading),
              metadata: document.metadata ?? DocumentMetadata())
          })
      default: throw HarkError(.invalidArgument, "paths or documents: give one of them")
      }
    }
  }

  static let fields: [Field] = [
    .optional(
      "paths", .list(.string),
      "1 to 1,000 absolute paths of files and folders, as the server sees them."),
    .optional("documents", .list(.object(Text.fields)), "Texts, instead of paths."),
    .collection, .requestKey,
  ]
}

private struct SubscribeParameters: Parameters {
  let task: Int64

  static let fields: [Field] = [.required("task", .integer, "The task's id.")]
}

extension MethodContext {
  /// Whether the peer may add documents where a task does.
  fileprivate func mayManage(_ task: TaskRecord) -> Bool {
    switch access.collections(for: .ingest) {
    case .all: return true
    case .named(let names):
      guard case .string(let collection)? = JSON(text: task.payload)?["collection"] else {
        return false
      }
      return names.contains(collection)
    }
  }

  /// Checks that the peer may add documents where a task does.
  ///
  /// - Throws: `forbidden`, `task-missing`.
  fileprivate func checkTask(_ id: Int64) async throws {
    guard mayManage(try await engine.task(id)) else {
      throw RPCError.forbidden(
        "The task \(id) is about a collection into which you may not ingest.")
    }
  }

  /// The params of a notification of progress; `id` is that of the request.
  private struct Progress: Encodable {
    let id: JSON
    let task: Int64
    let phase: String
    let filesDone: Int
    let filesTotal: Int
    let chunksDone: Int

    enum CodingKeys: String, CodingKey {
      case id, task, phase
      case filesDone = "files_done"
      case filesTotal = "files_total"
      case chunksDone = "chunks_done"
    }
  }

  /// Tells the client how far a task is.
  fileprivate func tell(_ progress: IngestProgress, of task: Int64) async throws {
    let params = Progress(
      id: JSON(text: request.id.json) ?? .null, task: task, phase: progress.phase.rawValue,
      filesDone: progress.filesDone, filesTotal: progress.filesTotal,
      chunksDone: progress.chunksDone)
    await notify("progress", try JSONText.encode(params))
  }
}

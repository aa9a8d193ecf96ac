import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods that add documents, and those about tasks.
  static let taskMethods: [Method] = [
    Method(
      .init(
        "ingest",
        "Keeps a collection in step with files and folders, or adds texts, each in the place of "
          + "the one with its `external_id`.",
        right: .ingest, writes: true, result: .map(.any),
        errors: ["collection-missing", "store-locked"],
        example: """
          {"documents": [
            {"external_id": "travel", "name": "travel.txt", "heading": "Travel",
             "text": "The manager approves business trips. Trains come before planes.",
             "metadata": {"author": "Office"}},
            {"external_id": "leave", "name": "휴가.txt", "text": "연차 휴가는 스물다섯 날입니다."}]}
          """)
    ) { (context, parameters: IngestParameters) in
      try await ingest(parameters, context)
    },
    Method(
      .init(
        "tasks.list", "Lists the newest tasks, newest first.", right: .ingest,
        result: .object([.required("tasks", .list(.record("Task")), "The tasks.")]))
    ) { (context, parameters: LimitParameters) in
      TaskList(tasks: try await context.engine.tasks(limit: parameters.limit ?? 50))
    },
    Method(
      .init(
        "tasks.get", "Gives a task.", right: .ingest, result: .record("Task"),
        errors: ["task-missing"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      try await context.engine.task(parameters.id)
    },
    Method(
      .init(
        "tasks.cancel",
        "Asks for the end of a task: one that waits is canceled at once, one that runs soon. What "
          + "it has committed is kept.",
        right: .ingest, writes: true, result: .record("Task"),
        errors: ["task-missing", "task-ended"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      try await context.engine.cancelTask(parameters.id)
    },
  ]

  /// Ingests paths or texts; notifications of the method `progress` tell how far it is.
  ///
  /// It does not wait for another writer: requests that wait would keep searches from their turn.
  private static func ingest(
    _ parameters: IngestParameters, _ context: MethodContext
  ) async throws -> IngestReport {
    guard (parameters.paths == nil) != (parameters.documents == nil) else {
      throw HarkError(.invalidArgument, "paths or documents: give one of them")
    }
    let collection = try context.collection(parameters.collection, for: .ingest)
    if let paths = parameters.paths {
      return try await context.engine.ingest(paths, options: IngestOptions(collection: collection))
    }
    return try await context.engine.upsert(
      (parameters.documents ?? []).map { document in
        SourceDocument(
          externalID: document.externalID, name: document.name,
          content: .text(document.text, heading: document.heading),
          metadata: document.metadata ?? DocumentMetadata())
      }, into: collection)
  }

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

  static let fields: [Field] = [
    .optional(
      "paths", .list(.string),
      "Absolute paths of files and folders, as the server sees them."),
    .optional("documents", .list(.object(Text.fields)), "Texts, instead of paths."),
    .collection, .requestKey,
  ]
}

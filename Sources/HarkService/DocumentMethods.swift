import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods that read, add and delete documents.
  static let documentMethods: [Method] = [
    Method("documents.list") {
      (context, parameters: DocumentListParameters) async throws(HarkError) in
      try await context.engine.documents(
        in: parameters.collection, limit: parameters.limit ?? 100, after: parameters.cursor)
    },
    Method("documents.get") {
      (context, parameters: IDParameters) async throws(HarkError) in
      try await context.engine.document(parameters.id)
    },
    Method("documents.delete", writes: true) {
      (context, parameters: IDsParameters) async throws(HarkError) in
      Deletion(
        documents: Set(parameters.ids).sorted(),
        chunks: try await context.engine.deleteDocuments(
          Set(parameters.ids).sorted()))
    },
    Method("chunks.get") { (context, parameters: IDParameters) async throws(HarkError) in
      try await context.engine.chunk(parameters.id)
    },
    Method("collections.list") { (context, _: NoParameters) async throws(HarkError) in
      CollectionList(collections: try await context.engine.collections())
    },
    Method("ingest", writes: true) {
      (context, parameters: IngestParameters) async throws(HarkError) in
      try await ingest(parameters, context)
    },
  ]

  /// Ingests paths or texts; notifications of the method `progress` tell how far it is.
  ///
  /// It does not wait for another writer: requests that wait would keep searches from their turn.
  private static func ingest(
    _ parameters: IngestParameters, _ context: MethodContext
  ) async throws(HarkError) -> IngestReport {
    guard (parameters.paths == nil) != (parameters.documents == nil) else {
      throw HarkError(.invalidArgument, "paths or documents: give one of them")
    }
    let collection = parameters.collection ?? CollectionRecord.defaultName
    if let paths = parameters.paths {
      return try await context.engine.ingest(
        paths, options: IngestOptions(collection: collection),
        progress: context.tellProgress)
    }
    return try await context.engine.upsert(
      (parameters.documents ?? []).map { document in
        SourceDocument(
          externalID: document.externalID, name: document.name,
          content: .text(document.text, heading: document.heading))
      }, into: collection)
  }

  private struct DocumentListParameters: Parameters {
    let collection: String?
    let limit: Int?
    let cursor: String?
    enum CodingKeys: String, CodingKey, CaseIterable { case collection, limit, cursor }
  }

  private struct Deletion: Encodable, Sendable {
    let documents: [Int64]
    let chunks: Int
  }

  private struct CollectionList: Encodable, Sendable {
    let collections: [CollectionRecord]
  }

  private struct IngestParameters: Parameters {
    let paths: [String]?
    let documents: [GivenDocument]?
    let collection: String?
    enum CodingKeys: String, CodingKey, CaseIterable { case paths, documents, collection }
  }

  private struct GivenDocument: Decodable, Sendable {
    let externalID: String
    let name: String?
    let heading: String?
    let text: String
    enum CodingKeys: String, CodingKey {
      case name, heading, text
      case externalID = "external_id"
    }
  }
}

/// The parameter of methods that are about one thing.
struct IDParameters: Parameters {
  let id: Int64
  enum CodingKeys: String, CodingKey, CaseIterable { case id }
}

/// The parameter of methods that are about several things.
struct IDsParameters: Parameters {
  let ids: [Int64]
  enum CodingKeys: String, CodingKey, CaseIterable { case ids }
}

extension MethodContext {
  /// The params of a notification of progress; `id` is that of the request.
  private struct Progress: Encodable {
    let id: WrittenID
    let phase: String
    let filesDone: Int
    let filesTotal: Int
    let chunksDone: Int

    enum CodingKeys: String, CodingKey {
      case id, phase
      case filesDone = "files_done"
      case filesTotal = "files_total"
      case chunksDone = "chunks_done"
    }
  }

  /// The id of a request within params: a number where it is whole, else a text.
  private enum WrittenID: Encodable {
    case number(Int64)
    case text(String)

    init(_ id: RequestID) {
      if let number = Int64(id.json) {
        self = .number(number)
      } else {
        let text = try? JSONDecoder().decode(String.self, from: Data(id.json.utf8))
        self = .text(text ?? id.json)
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }

  /// Tells the client how far an ingest is.
  var tellProgress: @Sendable (IngestProgress) -> Void {
    let (notify, id) = (notify, WrittenID(request.id))
    return { progress in
      let params = Progress(
        id: id, phase: progress.phase.rawValue, filesDone: progress.filesDone,
        filesTotal: progress.filesTotal, chunksDone: progress.chunksDone)
      guard let json = try? JSONText.encode(params) else { return }
      // The ingest does not wait for a client that reads slowly.
      Task { await notify("progress", json) }
    }
  }
}

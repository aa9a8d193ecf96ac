import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods that read and delete documents.
  static let documentMethods: [Method] = [
    Method(
      .init(
        "documents.list", "Lists documents, oldest first.", right: .search,
        result: .object([
          .required("documents", .list(.record("DocumentRecord")), "The documents."), .nextCursor,
        ]),
        errors: ["collection-missing"], example: #"{"limit": 1}"#)
    ) { (context, parameters: DocumentListParameters) in
      try await context.engine.documents(
        in: try context.collectionOrAll(parameters.collection, for: .search),
        limit: parameters.limit ?? 100,
        after: parameters.cursor)
    },
    Method(
      .init(
        "documents.get", "Gives a document with its text and chunks.", right: .search,
        result: .object([
          .required("document", .record("DocumentRecord"), "The document."),
          .required("text", .string, "Its text, in which all ranges count."),
          .required(
            "chunks",
            .list(
              .object([
                .required("chunk", .record("Chunk"), "The place."),
                .required("text", .string, "The text."),
              ])), "Its chunks in their order."),
        ]),
        errors: ["document-missing"], example: #"{"id": 2}"#)
    ) { (context, parameters: IDParameters) in
      try await context.checkDocuments([parameters.id], for: .search)
      return try await context.engine.document(parameters.id)
    },
    Method(
      .init(
        "documents.delete", "Deletes documents with their chunks and vectors, all or none.",
        right: .ingest, writes: true, lane: .heavy,
        result: .object([
          .required("documents", .list(.integer), "The ids of the documents."),
          .required("chunks", .integer, "How many chunks were deleted."),
        ]),
        errors: ["document-missing", "store-locked", "request-key-reused"],
        example: #"{"ids": [2], "request_key": "delete-leave"}"#)
    ) { (context, parameters: IDsParameters) in
      let ids = Set(parameters.ids).sorted()
      try await context.checkDocuments(ids, for: .ingest)
      return Deletion(
        documents: ids,
        chunks: try await context.engine.deleteDocuments(
          ids, requestKey: parameters.requestKey))
    },
    Method(
      .init(
        "chunks.get", "Gives a chunk with its text, and the document that holds it.",
        right: .search,
        result: .object([
          .required("document", .record("Document"), "The document."),
          .required("chunk", .record("Chunk"), "The place in it."),
          .required("text", .string, "The text."),
        ]),
        errors: ["chunk-missing"], example: #"{"id": 1}"#)
    ) { (context, parameters: IDParameters) in
      let passage = try await context.engine.chunk(parameters.id)
      try await context.checkDocuments([passage.document.id], for: .search)
      return passage
    },
    Method(
      .init(
        "collections.list", "Lists the collections that the peer may search.", right: .search,
        result: .object([
          .required("collections", .list(.record("Collection")), "The collections.")
        ]))
    ) { (context, _: NoParameters) in
      let scope = context.access.collections(for: .search)
      return CollectionList(
        collections: try await context.engine.collections().filter { scope.contains($0.name) })
    },
  ]

  private struct Deletion: Encodable, Sendable {
    let documents: [Int64]
    let chunks: Int
  }

  private struct CollectionList: Encodable, Sendable {
    let collections: [CollectionRecord]
  }
}

private struct DocumentListParameters: Parameters {
  let collection: String?
  let limit: Int?
  let cursor: String?

  static let fields: [Field] = [
    .optional("collection", .string, "The collection's name; left out for all."), .limit(100),
    .cursor,
  ]
}

/// The parameter of methods that are about one thing.
struct IDParameters: Parameters {
  let id: Int64

  static let fields: [Field] = [.id("The id.")]
}

/// The parameter of deletions.
struct IDsParameters: Parameters {
  let ids: [Int64]
  let requestKey: String?

  enum CodingKeys: String, CodingKey {
    case ids
    case requestKey = "request_key"
  }

  static let fields: [Field] = [
    .required("ids", .list(.integer), "The ids of documents."), .requestKey,
  ]
}

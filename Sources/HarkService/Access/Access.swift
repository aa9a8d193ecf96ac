import Hark
import HarkServer

/// Something that a peer may be allowed to do.
package enum Right: String, Sendable, CaseIterable, Codable {
  /// Search, read documents, make vectors.
  case search
  /// Write and read the chat log and its feedback.
  case log
  /// Add and delete documents, and see to tasks.
  case ingest
  /// Everything else: numbers about the store, redaction of the chat log, ingests of paths, which
  /// are read with the server's own rights.
  case administer
}

/// What a peer may do, and in which collections.
struct Access: Sendable {
  /// Some rights in some collections.
  struct Grant: Sendable, Hashable {
    let rights: Set<Right>
    let collections: CollectionScope
  }

  /// Collections of which a grant speaks.
  enum CollectionScope: Sendable, Hashable {
    case all
    case named(Set<String>)

    /// Whether a collection is among them.
    func contains(_ collection: String) -> Bool {
      switch self {
      case .all: true
      case .named(let names): names.contains(collection)
      }
    }
  }

  let grants: [Grant]

  /// What the owner may do.
  static let owner = Access(grants: [Grant(rights: Set(Right.allCases), collections: .all)])

  /// Whether the peer has a right in any collection at all.
  func allows(_ right: Right) -> Bool { grants.contains { $0.rights.contains(right) } }

  /// Where the peer has a right.
  func collections(for right: Right) -> CollectionScope {
    grants.filter { $0.rights.contains(right) }.reduce(.named([])) { scope, grant in
      switch (scope, grant.collections) {
      case (.named(let some), .named(let more)): .named(some.union(more))
      default: .all
      }
    }
  }
}

extension MethodContext {
  /// A collection in which the peer has a right.
  ///
  /// - Parameter given: its name; nil for the default collection.
  /// - Throws: `forbidden`.
  func collection(_ given: String?, for right: Right) throws(RPCError) -> String {
    let name = given ?? CollectionRecord.defaultName
    guard access.collections(for: right).contains(name) else {
      throw .forbidden(
        "You may not \(right.rawValue) in the collection \(name).", field: "collection")
    }
    return name
  }

  /// A collection, or nil for all of them where the peer has the right in all.
  ///
  /// - Throws: `forbidden`.
  func collectionOrAll(_ given: String?, for right: Right) throws(RPCError) -> String? {
    if given == nil, case .named(let names) = access.collections(for: right) {
      throw .forbidden(
        "You may \(right.rawValue) in some collections only: name one of "
          + "\(names.sorted().joined(separator: ", ")).", field: "collection")
    }
    return try given.map { name throws(RPCError) in try collection(name, for: right) }
  }

  /// Checks that the peer has a right in the collections of documents. Unknown ids pass.
  ///
  /// - Throws: `forbidden`.
  func checkDocuments(_ ids: [Int64], for right: Right) async throws {
    let scope = access.collections(for: right)
    guard case .named = scope else { return }
    let collections = try await engine.collections(ofDocuments: ids)
    if let other = collections.filter({ !scope.contains($0) }).min() {
      throw RPCError.forbidden("You may not \(right.rawValue) in the collection \(other).")
    }
  }

  /// Checks that the peer has a right in the collections of chunks. Unknown ids pass.
  ///
  /// - Throws: `forbidden`.
  func checkChunks(_ ids: [Int64], for right: Right) async throws {
    guard case .named = access.collections(for: right) else { return }
    try await checkDocuments(try await engine.documents(ofChunks: ids), for: right)
  }
}

import Foundation
import Machine

extension Engine {
  /// Holds all parts of the store against each other.
  ///
  /// - Parameters:
  ///   - comparesFiles: whether files are compared with what was read of them.
  ///   - repairs: whether what can be mended is mended: chunks are cut and embedded anew from the
  ///     document's text, full text and segments are made anew from the chunks.
  /// - Throws: `store-locked` where something is to be mended, `model-missing`.
  public func verify(
    comparesFiles: Bool = false, repairs: Bool = false, waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> StoreVerification {
    let (folder, vocabularies) = (index.folder, index.vocabularies)
    let found = try await detached { catalog in
      var verifier = StoreVerifier(
        catalog: catalog, folder: folder, vocabularies: vocabularies, comparesFiles: comparesFiles)
      try verifier.verify()
      return verifier.result
    }
    let mendable = found.problems.filter(\.isMendable)
    guard repairs, !mendable.isEmpty else { return found }
    return try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) { try await mend(mendable) }
      let after = try await detached { catalog in
        var verifier = StoreVerifier(
          catalog: catalog, folder: folder, vocabularies: vocabularies,
          comparesFiles: comparesFiles)
        try verifier.verify()
        return verifier.result
      }
      var result = after
      result.mended = mendable.filter { !after.problems.contains($0) }
      return result
    }
  }

  private func mend(_ problems: [StoreVerification.Problem]) async throws {
    let (catalog, index) = (catalog, index)
    var worn = Set(problems.compactMap(\.collection))
    if problems.contains(where: { $0.code == "chunks-orphaned" }) {
      try await WorkerPool.detached { try catalog.deleteOrphans() }
      worn.formUnion(try catalog.read { db in try catalog.collections(db) }.map(\.name))
    }
    for name in worn.sorted() {
      let scope = try catalog.read { db in try catalog.scope(name, db) }
      let documents = problems.filter { $0.collection == name }.compactMap(\.document)
      if !documents.isEmpty {
        let model = try await bound(scope)
        try await WorkerPool.detached {
          for id in documents { try catalog.cutAnew(id, in: scope, model: model) }
        }
      }
      // The index is made of chunks that were wrong, so it is made anew.
      try await WorkerPool.detached { try index.rebuild(scope.id) }
    }
  }

  /// What the store holds, in numbers.
  public func statistics() async throws(HarkError) -> StoreStatistics {
    let (store, folder) = (storePath, index.folder)
    return try await detached { catalog in
      let (collections, tasks, free) = try catalog.read { db in
        (
          try catalog.collections(db).map { try catalog.statistics(of: $0, db) },
          try catalog.taskCounts(db), try catalog.freeBytes(db)
        )
      }
      return StoreStatistics(
        store: store, collections: collections, tasks: tasks,
        catalogBytes: StoreFiles.catalogBytes(catalog.path),
        segmentBytes: StoreFiles.bytes(of: folder), freeBytes: free)
    }
  }

  /// Gives back the room of what was deleted: segments without masked vectors, postings without
  /// deleted terms, a database without free pages, an empty log.
  ///
  /// - Throws: `store-locked`, `disk-full`.
  @discardableResult
  public func compact(waitForOtherWriter: Bool = false) async throws(HarkError) -> Compaction {
    try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let (catalog, index) = (catalog, index)
        return try await WorkerPool.detached {
          func size() -> Int64 {
            StoreFiles.catalogBytes(catalog.path) + StoreFiles.bytes(of: index.folder)
          }
          let before = size()
          for collection in try catalog.read({ db in try catalog.collections(db) }) {
            let masked = try catalog.read { db in try catalog.masks(of: collection.id, db) }
            if masked.isEmpty {
              try index.seal(collection.id)
              try index.refreshPostings(of: collection.id, renamedLimit: 0)
            } else {
              try index.rebuild(collection.id)
            }
          }
          try catalog.compact()
          return Compaction(bytesBefore: before, bytesAfter: size())
        }
      }
    }
  }
}

extension StoreVerification.Problem {
  /// Whether what the store keeps is enough to make it right.
  fileprivate var isMendable: Bool {
    !["catalog-damaged", "file-differs", "file-missing"].contains(code)
  }
}

/// The sizes of a store's files.
private enum StoreFiles {
  /// Bytes of a catalog and its log.
  static func catalogBytes(_ path: String) -> Int64 {
    ["", "-wal"].reduce(0) { $0 + size(of: path + $1) }
  }

  /// Bytes of all files in a folder.
  static func bytes(of folder: String) -> Int64 {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { $0 + size(of: "\(folder)/\($1)") }
  }

  private static func size(of path: String) -> Int64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
  }
}

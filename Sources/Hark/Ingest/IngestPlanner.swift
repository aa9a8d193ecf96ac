import Documents
import Foundation
import GRDB

/// Compares folders with the catalog: by path, size and time, and by content where these differ.
struct IngestPlanner: Sendable {
  let catalog: Catalog
  let collection: Int64
  let options: IngestOptions

  private(set) var plan = IngestPlan()
  private(set) var work = IngestWork()
  /// Documents whose files were not seen, by the root that they lie below.
  private var missing: [(root: String, held: Int, files: [KnownFile])] = []
  private var unseen: [ScannedFile] = []
  private var failed: [String: FailureRecord] = [:]

  init(catalog: Catalog, collection: Int64, options: IngestOptions) {
    self.catalog = catalog
    self.collection = collection
    self.options = options
  }

  /// Makes the plan for paths.
  ///
  /// - Throws: `path-missing` and what the catalog throws.
  /// - Complexity: O(*n*) in the files and documents below the paths, and reads the files whose
  ///   content has to be compared.
  mutating func make(_ paths: [String]) throws {
    let scan = try FolderScan(paths, options: options.scan)
    plan.skipped = scan.skipped
    plan.ignored = scan.ignored
    plan.failures = scan.failures
    failed = try catalog.read { db in try catalog.failures(of: collection, db) }
    try compare(scan)
    try findMoves()
    for file in unseen { read(file, known: nil, stated: options.metadata) }
    prune(scan)
    forget(scan)
    count(scan)
    try estimate()
  }

  // MARK: Files that are there

  /// Walks files and documents in the order of their paths, side by side.
  private mutating func compare(_ scan: FolderScan) throws {
    var files = scan.files[...]
    for root in scan.outermostRoots {
      let known = try catalog.read { db in
        try catalog.knownFiles(atOrBelow: root, in: collection, db)
      }
      var gone: [KnownFile] = []
      for document in known {
        while let file = files.first, file.name.precedes(document.path) {
          unseen.append(files.removeFirst())
        }
        if let file = files.first, file.name.utf8.elementsEqual(document.path.utf8) {
          compare(files.removeFirst(), with: document)
        } else if !scan.isUnreadable(document.path) {
          gone.append(document)
        }
      }
      missing.append((root: root, held: known.count, files: gone))
      while let file = files.first, file.isAtOrBelow(root) { unseen.append(files.removeFirst()) }
    }
    unseen += files
  }

  private mutating func compare(_ file: ScannedFile, with known: KnownFile) {
    let stated = merged(known)
    let isSameMetadata = stated.isSame && file.sidecar == known.sidecar
    if isSameMetadata, file.stamp == known.stamp {
      plan.counts.unchanged += 1
    } else if isSameMetadata, file.stamp.size == known.stamp.size,
      (try? OpenedFile(file).hash()) == known.contentHash
    {
      plan.counts.unchanged += 1
      work.touches[known.id] = file.stamp.modified
    } else {
      read(file, known: known, stated: stated.metadata)
    }
  }

  /// What the command line says of a document, now and earlier, and whether that is nothing new.
  private func merged(_ known: KnownFile) -> (metadata: DocumentMetadata?, isSame: Bool) {
    guard let given = options.metadata else {
      return (known.stated.flatMap { try? DocumentMetadata(stored: $0) }, true)
    }
    let earlier = known.stated.flatMap { try? DocumentMetadata(stored: $0) } ?? DocumentMetadata()
    let merged = earlier.merging(given)
    return (merged, merged == earlier)
  }

  /// Plans to read a file, unless it has failed as it is.
  private mutating func read(_ file: ScannedFile, known: KnownFile?, stated: DocumentMetadata?) {
    var crashes = 0
    if let failure = failed[file.name], failure.stamp == file.stamp,
      failure.sidecar == file.sidecar
    {
      let isRetried = options.retriesFailures || failure.crashes == 1
      guard isRetried, !failure.isQuarantined else {
        plan.failures.append(failure.kept)
        plan.failuresKept += 1
        return
      }
      crashes = failure.crashes
    }
    if known == nil {
      plan.counts.added += 1
      plan.steps.append(.init(action: .add, filePath: file.name, from: nil))
    } else {
      plan.counts.changed += 1
      plan.steps.append(.init(action: .change, filePath: file.name, from: nil))
    }
    work.readings.append(.init(file: file, known: known, stated: stated, crashes: crashes))
  }

  // MARK: Files that are gone

  /// Finds new paths whose content is that of a document whose file is gone.
  private mutating func findMoves() throws {
    guard !unseen.isEmpty else { return }
    let (catalog, collection) = (catalog, collection)
    let sizes = try catalog.read { db in try catalog.knownSizes(in: collection, db) }
    guard !sizes.isEmpty else { return }
    var isFree = Set(missing.flatMap { $0.files.map(\.id) })
    var moved: Set<Int64> = []
    var added: [ScannedFile] = []
    for file in unseen {
      var source: KnownFile?
      if sizes.contains(file.stamp.size), let hash = try? OpenedFile(file).hash() {
        let candidates = try catalog.read { db in
          try catalog.knownFiles(withContent: hash, in: collection, db)
        }
        source = candidates.first { known in
          !moved.contains(known.id) && known.sidecar == file.sidecar
            && (isFree.contains(known.id) || known.isGone)
            && (options.metadata == nil || merged(known).isSame)
        }
      }
      guard let source else {
        added.append(file)
        continue
      }
      isFree.remove(source.id)
      moved.insert(source.id)
      work.moves[source.id] = file
      plan.counts.moved += 1
      plan.steps.append(.init(action: .move, filePath: file.name, from: source.path))
    }
    unseen = added
    for index in missing.indices { missing[index].files.removeAll { moved.contains($0.id) } }
  }

  /// Plans deletions, root by root, unless too much is gone to be believed.
  private mutating func prune(_ scan: FolderScan) {
    guard options.prunes else { return }
    for (root, held, files) in missing where !files.isEmpty {
      let isEmpty = !scan.files.contains { $0.isAtOrBelow(root) }
      let allowed = max(1, Int((options.maximumDeletion * Double(held)).rounded(.down)))
      if options.maximumDeletion < 1, isEmpty || files.count > allowed {
        plan.refusals.append(.prune(root: root, gone: files.count, of: held, isEmpty: isEmpty))
        continue
      }
      for file in files {
        work.deletions.append(file.id)
        plan.counts.deleted += 1
        plan.steps.append(.init(action: .delete, filePath: file.path, from: nil))
      }
    }
  }

  /// Failures of files that are gone are of no further use.
  private mutating func forget(_ scan: FolderScan) {
    let seen = Set(scan.files.map(\.name))
    work.forgotten = failed.keys.filter { path in
      !seen.contains(path) && !scan.isUnreadable(path)
        && scan.outermostRoots.contains { ScannedFile.isAtOrBelow($0, path) }
    }.sorted()
  }

  // MARK: Numbers

  private mutating func count(_ scan: FolderScan) {
    plan.counts.filesSeen = scan.filesSeen
    plan.failures.sort { $0.filePath < $1.filePath }
    work.readings.sort { $0.file.name.precedes($1.file.name) }
  }

  /// Tokens a byte of a type of which nothing is known yet, from the corpora of this project.
  private static let usualDensity: [FileType: Double] = [
    .pdf: 0.03, .html: 0.09, .markdown: 0.25, .text: 0.27,
  ]
  /// Tokens a second before anything was measured: what two cores with AVX-512 embed.
  private static let usualRate = 5000.0

  private mutating func estimate() throws {
    let (densities, rate) = try catalog.read { db in
      (try catalog.tokensAndBytes(in: collection, db), try catalog.tokenRate(db))
    }
    let tokens = work.readings.reduce(0.0) { sum, reading in
      let type = reading.file.type
      let known = densities[type.rawValue].flatMap { $0.bytes > 100_000 ? $0 : nil }
      let density =
        known.map { Double($0.tokens) / Double($0.bytes) } ?? Self.usualDensity[type] ?? 0.2
      return sum + density * Double(reading.file.stamp.size)
    }
    plan.estimatedTokens = Int(tokens.rounded())
    plan.estimatedSeconds = tokens / (rate ?? Self.usualRate)
  }
}

extension IngestFailure {
  fileprivate static func prune(
    root: String, gone: Int, of held: Int, isEmpty: Bool
  ) -> IngestFailure {
    let count = "\(gone) of \(held) documents"
    return IngestFailure(
      filePath: root, code: isEmpty ? "root-empty" : "prune-refused",
      message: isEmpty
        ? "\(root) holds no files that Hark reads any more, so \(count) were kept: check whether "
          + "it is mounted; if they shall go, give --max-delete 100%"
        : "the files of \(count) below \(root) are gone, more than --max-delete allows, so all "
          + "were kept: check the folder; if they shall go, raise --max-delete")
  }
}

extension FailureRecord {
  /// The failure as the account of a later ingest names it.
  fileprivate var kept: IngestFailure {
    let next =
      isQuarantined
      ? "it crashed the parser \(crashes) times and is not tried again until it changes"
      : "it has not changed since; --retry-failed tries again"
    return IngestFailure(filePath: path, code: code, message: "\(message) (\(next))")
  }
}

extension KnownFile {
  /// Whether nothing lies at the path any more.
  fileprivate var isGone: Bool {
    !FileManager.default.fileExists(atPath: path)
  }
}

extension String {
  /// Whether the text comes before another one, byte by byte, as SQLite and the scan sort.
  fileprivate func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}

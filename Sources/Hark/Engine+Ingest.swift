import Documents
import Foundation
import Machine

extension Engine {
  /// Keeps a collection in step with files and folders: reads what is new or changed, renames what
  /// was moved, deletes what is gone.
  ///
  /// Files that the store holds already, by their stamp or content, are left alone; a changed file
  /// takes the place of its former content in one transaction, and of its chunks only those that
  /// changed are embedded. Where nothing has changed, nothing is written. What fails is in the
  /// report. When the task is canceled, what was committed stays.
  ///
  /// - Parameters:
  ///   - paths: files and folders.
  ///   - options: the collection, which files are taken, and how much may be deleted.
  ///   - progress: called often, from any thread.
  /// - Returns: the account of what was done.
  /// - Throws: `collection-missing`, `store-locked`, `path-missing`, `model-missing`,
  ///   `model-mismatch`, `disk-full`, `canceled`. What was committed before stays.
  @discardableResult
  public func ingest(
    _ paths: [String], options: IngestOptions = IngestOptions(),
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> IngestReport {
    try await HarkError.wrapping {
      try options.check()
      let payload = IngestPayload(collection: options.collection, paths: paths)
      return try await performing(.ingest, payload, wait: options.waitForOtherWriter) { task in
        try await ingest(paths, options, as: task, progress)
      }
    }
  }

  /// The same under the writer's lock, as a task.
  func ingest(
    _ paths: [String], _ options: IngestOptions, as task: RunningTask,
    _ progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws -> IngestReport {
    let memory = MemorySampler()
    let clock = ContinuousClock()
    let start = clock.now
    progress?(IngestProgress(phase: .scanning))
    let (scope, plan, work) = try await planned(paths, options)
    var report = IngestReport(plan)
    let isUnsealed = try await isUnsealed(scope)
    if !work.isEmpty || isUnsealed {
      try task.begin()
      report = try await run(work, in: scope, options, report, task, progress)
    }
    report.task = task.id
    report.seconds = (clock.now - start) / .seconds(1)
    report.peakMemoryBytes = memory.finish()
    return report
  }

  /// What an ingest would do; nothing is written.
  ///
  /// - Throws: `collection-missing`, `path-missing`, `invalid-argument`.
  public func plan(
    _ paths: [String], options: IngestOptions = IngestOptions()
  ) async throws(HarkError) -> IngestPlan {
    try await HarkError.wrapping {
      try options.check()
      return try await planned(paths, options).plan
    }
  }

  private func planned(
    _ paths: [String], _ options: IngestOptions
  ) async throws -> (scope: CollectionScope, plan: IngestPlan, work: IngestWork) {
    let catalog = catalog
    return try await WorkerPool.detached {
      let scope = try catalog.read { db in try catalog.scope(options.collection, db) }
      var planner = IngestPlanner(catalog: catalog, collection: scope.id, options: options)
      try planner.make(paths)
      return (scope, planner.plan, planner.work)
    }
  }

  /// Whether an ingest before this one was stopped before it could seal.
  private func isUnsealed(_ scope: CollectionScope) async throws -> Bool {
    let index = index
    return try await WorkerPool.detached { try index.plan(scope.id, merging: true) != nil }
  }

  private func run(
    _ work: IngestWork, in scope: CollectionScope, _ options: IngestOptions,
    _ report: IngestReport, _ task: RunningTask, _ progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws -> IngestReport {
    // What only renames, deletes or seals needs neither the model nor the parser.
    guard !work.readings.isEmpty else {
      var ingestor = try await ingestor(scope, nil, report, task, progress)
      try await ingestor.run(work, parser: nil)
      return ingestor.report
    }
    let parser = try parser(maximumFileSize: options.maximumFileSize)
    let model = try await bound(scope)
    var ingestor = try await ingestor(scope, model, report, task, progress)
    try await ingestor.run(work, parser: parser)
    return ingestor.report
  }

  /// The model of a collection, which is bound to it.
  func bound(_ scope: CollectionScope) async throws -> EmbeddingModel {
    try await WorkerPool.detached { [self] in
      let model = try self.model(of: scope)
      try catalog.bind(scope.id, to: model)
      return model
    }
  }

  func ingestor(
    _ scope: CollectionScope, _ model: EmbeddingModel?, _ report: IngestReport,
    _ task: RunningTask, _ progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws -> Ingestor {
    let (catalog, index) = (catalog, index)
    let tail = try await WorkerPool.detached {
      try catalog.read { db in
        let covered = try catalog.segments(of: scope.id, db).last?.chunks.upperBound ?? 0
        return try catalog.chunkCount(db, of: scope.id, after: covered)
      }
    }
    return Ingestor(
      catalog: catalog, collection: scope.id, model: model,
      cutter: model.map { scope.cutter(for: $0) }, index: index, tail: tail, report: report,
      checkpoint: { try task.checkpoint() },
      progress: { now in
        task.tell(now)
        progress?(now)
      })
  }
}

extension IngestOptions {
  /// - Throws: `invalid-argument`.
  fileprivate func check() throws(HarkError) {
    guard (0...1).contains(maximumDeletion) else {
      throw HarkError(
        .invalidArgument, "the greatest share of deletions is \(maximumDeletion): give 0 to 1")
    }
  }
}

extension IngestReport {
  /// The account at the beginning: what is known before anything is done.
  fileprivate init(_ plan: IngestPlan) {
    counts.filesSeen = plan.counts.filesSeen
    counts.unchanged = plan.counts.unchanged
    skipped = plan.skipped
    ignored = plan.ignored
    failures = plan.failures
    failuresKept = plan.failuresKept
    refusals = plan.refusals
  }
}

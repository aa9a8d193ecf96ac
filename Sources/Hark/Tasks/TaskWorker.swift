import Machine

/// What a worker tells of its work.
public enum TaskEvent: Sendable {
  /// It has begun with a task.
  case began(TaskRecord)
  /// It has done with a task, which has ended, or is enqueued again where the worker has to end.
  case stopped(TaskRecord)
  /// The store lets it do no work at present, its disk being full, say; it tries again.
  case troubled(HarkError)
}

/// Carries out the tasks of the queue, one after the other.
struct TaskWorker: Sendable {
  /// How often the catalog is asked for tasks that other processes have enqueued.
  private static let pollInterval = Duration.seconds(1)
  /// How long others who wait for the lock are given to take it: more than they sleep.
  private static let courtesy = WriterLock.pause * 3
  /// How long a worker in trouble waits before it tries again: the first time, and at most.
  private static let (shortestRest, longestRest) = (Duration.seconds(1), Duration.seconds(60))

  /// The priority of the worker's threads, that of `hark ingest` by default: searches go first.
  private static let nice: Int32 = 10

  let engine: Engine
  let tell: @Sendable (TaskEvent) -> Void

  /// Works until the task is canceled.
  func run() async {
    var rest = Self.shortestRest
    while !Task.isCancelled {
      do {
        switch try await runNext() {
        case .done: break
        case .nothingToDo: await engine.bell.wait(atMost: Self.pollInterval)
        case .othersWrite: try await Task.sleep(for: Self.courtesy)
        }
        rest = Self.shortestRest
      } catch {
        guard !Task.isCancelled else { return }
        tell(.troubled(HarkError(wrapping: error)))
        try? await Task.sleep(for: rest)
        rest = min(rest * 2, Self.longestRest)
      }
    }
  }

  private enum Outcome {
    case done
    case nothingToDo
    case othersWrite
  }

  /// Carries out the task whose turn it is.
  ///
  /// - Throws: what keeps the worker from its work; what befalls a task is on the task's record.
  private func runNext() async throws -> Outcome {
    let catalog = engine.catalog
    guard try await WorkerPool.detached({ try catalog.hasUnendedTask() }) else {
      return .nothingToDo
    }
    // Taken before the task is: a task that has to wait for it stays enqueued.
    guard let lock = try await WriterLock.ifFree(engine.writerLockPath) else {
      return .othersWrite
    }
    defer { lock.release() }
    try await engine.tidyUp(lock)
    let taken = try await WorkerPool.detached { try catalog.takeTask(agent: RunningTask.agent) }
    guard let taken else { return .nothingToDo }
    try await carryOut(taken)
    return try await WorkerPool.detached { try lock.lookingForWaiters { $0 } }
      ? .othersWrite : .done
  }

  /// Carries out a task that was taken, and records what came of it.
  private func carryOut(_ id: Int64) async throws {
    let task = RunningTask(id, catalog: engine.catalog, followers: engine.followers)
    do {
      tell(.began(try await engine.task(id)))
      let request = try await engine.detached { catalog in try catalog.request(of: id) }
      let report = try await withTaskCancellationHandler {
        try await WorkerPool.$nice.withValue(Self.nice) {
          try await engine.carryOut(request, as: task)
        }
      } onCancel: {
        task.cancel()
      }
      try await WorkerPool.detached { try task.end(counts: report, error: nil) }
    } catch {
      let error = HarkError(wrapping: error)
      let hasToEnd = Task.isCancelled && error.code == .canceled
      try await WorkerPool.detached {
        if hasToEnd {
          try task.giveBack()
        } else {
          try task.end(counts: IngestReport?.none, error: error)
        }
      }
    }
    tell(.stopped(try await engine.task(id)))
  }
}

extension Engine {
  /// Carries out what was asked for, as a task of the queue.
  fileprivate func carryOut(
    _ request: IngestRequest, as task: RunningTask
  ) async throws -> IngestReport {
    try task.checkpoint()
    switch request.source {
    case .paths(let paths):
      return try await ingest(
        paths, IngestOptions(collection: request.collection), as: task, nil)
    case .documents(let documents):
      return try await upsert(documents, into: request.collection, as: task, nil)
    }
  }
}

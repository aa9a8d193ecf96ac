internal import FoundationEssentials
internal import Synchronization

/// A fixed set of threads of our own for work that keeps a core busy.
///
/// Swift's cooperative pool must not be blocked, and BLAS must not start threads behind our
/// back: parallel work is cut into indexed items here, and each item makes single-threaded
/// calls. The thread that calls ``run(count:_:)`` takes part, so a pool of one thread starts
/// none, nested calls cannot deadlock, and a pool whose threads could not be started still
/// finishes its work.
package final class WorkerPool: Sendable {
  /// The number of threads that work on a run, the caller's included.
  package let threads: Int

  private let queue: WorkQueue

  /// More threads than this are a mistake, and no machine that Hark is for has more cores.
  private static let mostThreads = 256

  /// Starts a pool.
  ///
  /// - Parameter threads: the number of threads that work on a run, the caller's included; it is
  ///   confined to 1…256.
  package init(threads: Int = WorkerPool.availableCores) {
    self.threads = min(max(1, threads), Self.mostThreads)
    queue = WorkQueue()
    for _ in 1..<self.threads {
      // A thread that does not start is not missed: the caller does its share.
      _ = WorkerThread.start { [queue] in queue.serve() }
    }
  }

  deinit {
    queue.close()
  }

  /// Calls `body` once for each index of `0..<count`, on several threads, and returns when
  /// all calls have returned.
  ///
  /// Indexes are handed out one after another to whichever thread is free, in ascending
  /// order. Several runs may be under way at the same time, from several threads.
  ///
  /// - Parameters:
  ///   - count: the number of items; zero or less calls nothing.
  ///   - body: the work of one item. It may block the thread that it runs on.
  package func run(count: Int, _ body: @Sendable (_ index: Int) -> Void) {
    if count <= 1 || threads == 1 {
      for index in 0..<max(0, count) { body(index) }
      return
    }
    // Sound because the last index is done, and the run is out of the queue, before the
    // closure's life ends.
    withoutActuallyEscaping(body) { body in
      let run = IndexedRun(count: count, body: body)
      queue.add(run, helpers: min(threads, count) - 1)
      run.work()
      queue.finish(run)
    }
  }

  /// Calls `body` for each index of `0..<count` as ``run(count:_:)`` does, and collects what it
  /// returns.
  ///
  /// - Returns: the values in the order of their indexes.
  package func map<Value: Sendable>(
    count: Int, _ body: @Sendable (_ index: Int) -> Value
  ) -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: max(0, count)))
    run(count: count) { index in
      let value = body(index)
      values.withLock { $0[index] = value }
    }
    return values.withLock { $0.compactMap(\.self) }
  }

  /// Runs blocking or long work on a thread of its own, away from Swift's cooperative pool.
  ///
  /// The thread is made for the call (about 30 µs): for coarse work such as a batch, a
  /// segment or a file. Cancellation of the task does not reach `body`.
  ///
  /// - Parameter body: the work.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or a ``MachineError`` when the system starts no more threads.
  package static func detached<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let started = WorkerThread.start { continuation.resume(with: Result(catching: body)) }
      if started != 0 {
        continuation.resume(
          throwing: MachineError(
            code: .threadFailed,
            message: """
              The system started no further thread (error \(started)). Raise the limit on \
              processes (ulimit -u) or the control group's pids.max.
              """))
      }
    }
  }

  /// The number of processor cores that this process may use, from its affinity mask.
  package static let availableCores = max(1, ProcessInfo.processInfo.activeProcessorCount)
}

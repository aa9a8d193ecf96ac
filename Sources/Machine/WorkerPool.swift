internal import FoundationEssentials
internal import Synchronization

/// A fixed set of threads of our own for work that keeps a core busy.
///
/// Swift's cooperative pool must not be blocked, and BLAS must not start threads behind our
/// back: parallel work is cut into indexed items here, and each item makes single-threaded
/// calls. The thread that calls ``run(count:_:)`` takes part, so a pool of one thread starts
/// none, nested calls cannot deadlock, and a pool whose threads could not be started still
/// finishes its work. A caller of a lower priority than the pool was made with is helped by threads
/// of his own priority, so that no part of his work is in the way of others.
package final class WorkerPool: Sendable {
  /// The number of threads that work on a run, the caller's included.
  package let threads: Int

  private let queue: WorkQueue
  /// The priority of the threads, which is that of the thread which made the pool.
  private let nice = ThreadPriority.current
  /// What callers of a lower priority use, once there was one.
  private let loweredQueue = Mutex<WorkQueue?>(nil)

  /// More threads than this are a mistake, and no machine that Hark is for has more cores.
  private static let mostThreads = 256

  /// Starts a pool.
  ///
  /// - Parameter threads: the number of threads that work on a run, the caller's included; it is
  ///   confined to 1…256.
  package init(threads: Int = WorkerPool.availableCores) {
    self.threads = min(max(1, threads), Self.mostThreads)
    queue = Self.queue(servedBy: self.threads - 1)
  }

  deinit {
    queue.close()
    loweredQueue.withLock { $0?.close() }
  }

  /// A queue with threads of the caller's priority.
  private static func queue(servedBy threads: Int) -> WorkQueue {
    let queue = WorkQueue()
    for _ in 0..<threads {
      // A thread that does not start is not missed: the caller does its share.
      _ = WorkerThread.start { queue.serve() }
    }
    return queue
  }

  /// The queue whose threads may help the calling thread.
  private var queueOfCaller: WorkQueue {
    guard ThreadPriority.current > nice else { return queue }
    return loweredQueue.withLock { lowered in
      if let lowered { return lowered }
      let new = Self.queue(servedBy: threads - 1)
      lowered = new
      return new
    }
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
      let queue = queueOfCaller
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
  /// The thread has the priority ``nice``.
  ///
  /// - Parameter body: the work.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or a ``MachineError`` when the system starts no more threads.
  package static func detached<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let nice = Self.nice
      let started = WorkerThread.start {
        ThreadPriority.lower(to: nice)
        continuation.resume(with: Result(catching: body))
      }
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

  /// The priority of detached work of the present task and its children: a nice value, 0 (usual) to
  /// 19 (lowest).
  ///
  /// Within `$nice.withValue(10) { … }` what is handed to ``detached(_:)`` lets the threads of others
  /// go first, and so do the threads of the pools that it calls. The task itself, on Swift's
  /// cooperative pool, does not.
  @TaskLocal package static var nice: Int32 = 0

  /// The number of processor cores that this process may use, from its affinity mask.
  package static let availableCores = max(1, ProcessInfo.processInfo.activeProcessorCount)
}

internal import Dispatch
internal import Synchronization

/// The runs that wait for helpers, and the threads' way to them.
///
/// Every helper that a run asks for is one signal of the semaphore, so a thread that wakes
/// looks once for work and sleeps again. A signal that comes too late finds nothing and is
/// harmless.
final class WorkQueue: Sendable {
  private struct State {
    var runs: [IndexedRun] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// Offers a run to the threads, and wakes as many as it can use.
  func add(_ run: IndexedRun, helpers: Int) {
    state.withLock { $0.runs.append(run) }
    for _ in 0..<helpers { wake.signal() }
  }

  /// Takes a run back, and returns when no thread works on it any more.
  func finish(_ run: IndexedRun) {
    state.withLock { $0.runs.removeAll { $0 === run } }
    run.close()
  }

  /// Works on what is offered until the queue is closed: the life of one thread.
  func serve() {
    while true {
      wake.wait()
      let (run, isClosed) = state.withLock { state in
        (state.isClosed ? nil : state.runs.first { $0.join() }, state.isClosed)
      }
      if isClosed {
        // Passed on from thread to thread, as the closer cannot know how many have started.
        wake.signal()
        return
      }
      if let run {
        run.work()
        run.leave()
      }
    }
  }

  /// Sends the threads home. Runs that are under way are finished by their callers.
  func close() {
    state.withLock { $0.isClosed = true }
    wake.signal()
  }
}

/// One call of ``WorkerPool/run(count:_:)``: a body, and the next index to give it.
final class IndexedRun: Sendable {
  private struct State {
    var body: (@Sendable (Int) -> Void)?
    var helpers = 0
  }

  private let count: Int
  private let next = Atomic<Int>(0)
  private let state: Mutex<State>
  private let idle = DispatchSemaphore(value: 0)

  init(count: Int, body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    state = Mutex(State(body: body))
  }

  /// Counts a helper in, unless there is nothing left to do.
  func join() -> Bool {
    guard next.load(ordering: .relaxed) < count else { return false }
    return state.withLock { state in
      guard state.body != nil else { return false }
      state.helpers += 1
      return true
    }
  }

  /// Does items until none is left.
  ///
  /// Never inlined, so that its reference to the body is gone before ``leave()`` is called:
  /// the body must not outlive the run that it came with.
  @inline(never)
  func work() {
    guard let body = state.withLock({ $0.body }) else { return }
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }

  /// Counts a helper out.
  func leave() {
    let wasLast = state.withLock { state in
      state.helpers -= 1
      return state.helpers == 0 && state.body == nil
    }
    if wasLast { idle.signal() }
  }

  /// Drops the body, and waits for the helpers that still run it.
  func close() {
    let isBusy = state.withLock { state in
      state.body = nil
      return state.helpers > 0
    }
    if isBusy { idle.wait() }
  }
}

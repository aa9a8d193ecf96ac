import Machine
import Synchronization

/// Work that runs on a thread of its own while its owner does something else.
final class InFlight<Value: Sendable>: Sendable {
  private enum State {
    case running(CheckedContinuation<Value, any Error>?)
    case ended(Result<Value, any Error>)
  }

  private let state = Mutex(State.running(nil))

  /// Begins with the work.
  init(_ body: @escaping @Sendable () throws -> Value) {
    Task { [self] in
      do {
        end(.success(try await WorkerPool.detached(body)))
      } catch {
        end(.failure(error))
      }
    }
  }

  private func end(_ result: Result<Value, any Error>) {
    let waiting = state.withLock { state in
      defer { state = .ended(result) }
      if case .running(let continuation) = state { return continuation }
      return nil
    }
    waiting?.resume(with: result)
  }

  /// Whether waiting would take no time.
  var isDone: Bool {
    state.withLock { state in
      if case .ended = state { true } else { false }
    }
  }

  /// What came of the work, once it is done. Asked for once.
  ///
  /// - Throws: what the work throws.
  func outcome() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let ended: Result<Value, any Error>? = state.withLock { state in
        if case .ended(let result) = state { return result }
        state = .running(continuation)
        return nil
      }
      if let ended { continuation.resume(with: ended) }
    }
  }

  /// What came of the work, unless the task is canceled first; the work then goes on unheard.
  ///
  /// - Throws: what the work throws; `canceled`.
  func outcomeUnlessCanceled() async throws -> Value {
    try await withTaskCancellationHandler {
      if Task.isCancelled { throw HarkError.workCanceled }
      return try await outcome()
    } onCancel: {
      let waiting = state.withLock { state in
        guard case .running(let continuation) = state else {
          return nil as CheckedContinuation<Value, any Error>?
        }
        // Whoever asks from now on is told the same.
        state = .ended(.failure(HarkError.workCanceled))
        return continuation
      }
      waiting?.resume(throwing: HarkError.workCanceled)
    }
  }
}

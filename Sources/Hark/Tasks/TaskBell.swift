import Synchronization

/// Wakes the workers of an engine when it has enqueued a task.
final class TaskBell: Sendable {
  private struct State {
    /// Whether it has rung while nobody slept.
    var hasRung = false
    var sleepers: [Int: Task<Void, Never>] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  /// Wakes all who sleep, else the next one who is about to.
  func ring() {
    state.withLock { state in
      state.hasRung = state.sleepers.isEmpty
      for sleeper in state.sleepers.values { sleeper.cancel() }
    }
  }

  /// Sleeps until the bell rings, the time is over, or the task is canceled.
  func wait(atMost time: Duration) async {
    let number = state.withLock { state -> Int? in
      if state.hasRung {
        state.hasRung = false
        return nil
      }
      state.next += 1
      state.sleepers[state.next] = Task { _ = try? await Task.sleep(for: time) }
      return state.next
    }
    guard let number, let sleeper = state.withLock({ $0.sleepers[number] }) else { return }
    await withTaskCancellationHandler {
      await sleeper.value
    } onCancel: {
      sleeper.cancel()
    }
    state.withLock { $0.sleepers[number] = nil }
  }
}

import Foundation
import NIOCore
import Synchronization

/// One request under way, from its arrival to its end.
///
/// Its answer is known once, and may be known before its end: when the deadline passes, the client
/// hears of it at once, while the canceled work still holds its place among the running ones.
final class Call: Sendable {
  private enum Phase {
    case waiting
    case running(Task<Void, Never>)
    case over
  }

  private struct State {
    var phase = Phase.waiting
    var isAnswered = false
    var isCanceled = false
    var timer: Scheduled<Void>?
  }

  /// What is asked.
  let request: RPCRequest
  /// How it runs.
  let traits: MethodTraits
  /// What its body holds of the server's memory.
  let share: MemoryBudget.Share
  /// The number of the connection that asks.
  let owner: Int
  private let service: any RPCService
  private let reply: @Sendable (Answer) -> Void
  private let notify: @Sendable (Data) async -> Void
  private let ended: @Sendable (Call) -> Void
  private let state = Mutex(State())

  /// Makes a call that waits.
  ///
  /// - Parameters:
  ///   - share: is kept for as long as the call.
  ///   - reply: gets the answer, once; never for a notification.
  ///   - notify: gets lines for the client, and waits while it reads slowly.
  ///   - ended: is called once, when nothing runs for the request any more.
  init(
    _ request: RPCRequest, _ share: MemoryBudget.Share, of owner: Int, service: any RPCService,
    reply: @escaping @Sendable (Answer) -> Void,
    notify: @escaping @Sendable (Data) async -> Void,
    ended: @escaping @Sendable (Call) -> Void
  ) {
    self.request = request
    self.share = share
    traits = service.traits(of: request.method)
    self.owner = owner
    self.service = service
    self.reply = reply
    self.notify = notify
    self.ended = ended
  }

  /// Starts the work on a task of its own; `then` is called after its end.
  func start(then: @escaping @Sendable () -> Void) {
    state.withLock { state in
      guard case .waiting = state.phase else { return }
      let task = Task.detached {
        self.answer(await self.outcome())
        self.end()
        then()
      }
      state.phase = .running(task)
      if state.isCanceled { task.cancel() }
    }
  }

  /// Asks the work to end, at once or when it starts; its answer is what it makes of that.
  func cancelWork() {
    let task = state.withLock { state -> Task<Void, Never>? in
      state.isCanceled = true
      return if case .running(let task) = state.phase { task } else { nil }
    }
    task?.cancel()
  }

  /// Gives the answer, unless there was one before.
  func answer(_ outcome: Result<Data, RPCError>) {
    let isFirst = state.withLock { state in
      defer { state.isAnswered = true }
      return !state.isAnswered
    }
    guard isFirst, !request.isNotification else { return }
    reply(Answer(id: request.id, outcome: outcome))
  }

  /// Marks the call as over. The work itself does that; for a call that never ran, who drops it.
  func end() {
    let (isFirst, timer) = state.withLock { state in
      defer { state.phase = .over }
      if case .over = state.phase { return (false, state.timer.take()) }
      return (true, state.timer.take())
    }
    timer?.cancel()
    if isFirst { ended(self) }
  }

  /// Keeps the timer of the deadline, to stop it at the end.
  func keep(_ timer: Scheduled<Void>) {
    let isOver = state.withLock { state in
      if case .over = state.phase { return true }
      state.timer = timer
      return false
    }
    if isOver { timer.cancel() }
  }

  private func outcome() async -> Result<Data, RPCError> {
    do throws(RPCError) {
      return .success(
        try await service.answer(request) { method, params in
          guard !self.state.withLock({ $0.isAnswered }) else { return }
          await self.notify(Answer.notification(method, params: params))
        })
    } catch {
      return .failure(error)
    }
  }
}

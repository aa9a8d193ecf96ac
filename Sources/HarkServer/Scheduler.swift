import Foundation
import Synchronization

/// Decides which calls run: a limited number at once, the connections in turn.
final class Scheduler: Sendable {
  private struct State {
    var queue = FairQueue<Int, Call>()
    var running: [ObjectIdentifier: Call] = [:]
    var isClosed = false
    var idle: (@Sendable () -> Void)?
  }

  private let runningLimit: Int
  private let queueLimit: Int
  private let state = Mutex(State())

  /// Makes a scheduler with the limits of a server.
  init(_ limits: ServerLimits) {
    runningLimit = max(1, limits.requestsAtOnce)
    queueLimit = max(0, limits.queuedRequests)
  }

  /// Runs a call now, or when its turn comes.
  ///
  /// - Throws: `busy` where too many wait, `shutting-down` after ``close()``.
  func submit(_ call: Call) throws(RPCError) {
    let refusal: RPCError? = state.withLock { state in
      if state.isClosed { return .shuttingDown }
      // Places are free only while nobody waits, so nobody is overtaken here.
      if state.running.count < runningLimit {
        start(call, &state)
        return nil
      }
      guard state.queue.count < queueLimit else { return .busy() }
      state.queue.append(call, of: call.owner)
      return nil
    }
    if let refusal { throw refusal }
  }

  /// Takes a call out of the queue. False where it runs already or is over.
  func withdraw(_ call: Call) -> Bool {
    state.withLock { $0.queue.remove(of: call.owner, where: { $0 === call }) != nil }
  }

  /// Takes no more calls, and gives back those that wait.
  func close() -> [Call] {
    state.withLock { state in
      state.isClosed = true
      var waiting: [Call] = []
      while let call = state.queue.popFirst() { waiting.append(call) }
      return waiting
    }
  }

  /// The calls that run now.
  var running: [Call] { state.withLock { Array($0.running.values) } }

  /// Calls `body` as soon as nothing runs.
  func whenIdle(_ body: @escaping @Sendable () -> Void) {
    let isIdle = state.withLock { state in
      if state.running.isEmpty { return true }
      state.idle = body
      return false
    }
    if isIdle { body() }
  }

  private func start(_ call: Call, _ state: inout State) {
    state.running[ObjectIdentifier(call)] = call
    call.start { [self] in ended(call) }
  }

  private func ended(_ call: Call) {
    let idle = state.withLock { state in
      state.running[ObjectIdentifier(call)] = nil
      if let next = state.queue.popFirst() { start(next, &state) }
      return state.running.isEmpty ? state.idle.take() : nil
    }
    idle?()
  }
}

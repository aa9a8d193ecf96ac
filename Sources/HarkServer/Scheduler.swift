import Foundation
import Synchronization

/// Decides which calls run: as many as there are places, in each lane the connections in turn.
final class Scheduler: Sendable {
  /// A lane whose calls wait for a place.
  private struct Queue {
    let lane: MethodTraits.Lane
    var calls = FairQueue<Int, Call>()
  }

  private struct State {
    var places: Places
    /// The queues of the lanes; the first one is served next.
    var queues = [Queue(lane: .quick), Queue(lane: .heavy)]
    var running: [ObjectIdentifier: Call] = [:]
    var isClosed = false
    var idle: (@Sendable () -> Void)?
  }

  private let queueLimit: Int
  private let state: Mutex<State>

  /// Makes a scheduler with the limits of a server.
  init(_ limits: ServerLimits) {
    queueLimit = max(0, limits.queuedRequests)
    state = Mutex(State(places: Places(limits)))
  }

  /// Runs a call now, or when its turn comes.
  ///
  /// - Throws: `busy` where too many wait, `shutting-down` after ``close()``.
  func submit(_ call: Call) throws(RPCError) {
    let refusal: RPCError? = state.withLock { state in
      if state.isClosed { return .shuttingDown }
      // There is no room for any that is queued, so nobody is overtaken here.
      if state.places.hasRoom(in: call.traits.lane, for: call.owner) {
        start(call, &state)
        return nil
      }
      guard let index = state.queues.firstIndex(where: { $0.lane == call.traits.lane }) else {
        return .busy("Too many requests wait for what is to happen.")
      }
      guard state.queues.reduce(0, { $0 + $1.calls.count }) < queueLimit else { return .busy() }
      state.queues[index].calls.append(call, of: call.owner)
      return nil
    }
    if let refusal { throw refusal }
  }

  /// Takes a call out of its queue. False where it runs already or is over.
  func withdraw(_ call: Call) -> Bool {
    state.withLock { state in
      guard let index = state.queues.firstIndex(where: { $0.lane == call.traits.lane }) else {
        return false
      }
      return state.queues[index].calls.remove(of: call.owner, where: { $0 === call }) != nil
    }
  }

  /// Takes no more calls, and ends those that are queued or would only wait.
  func close() {
    let (queued, waiting) = state.withLock { state in
      state.isClosed = true
      var queued: [Call] = []
      for index in state.queues.indices {
        while let call = state.queues[index].calls.popFirst() { queued.append(call) }
      }
      return (queued, state.running.values.filter { $0.traits.lane == .waiting })
    }
    for call in queued {
      call.answer(.failure(.shuttingDown))
      call.end()
    }
    for call in waiting {
      call.answer(.failure(.shuttingDown))
      call.cancelWork()
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
    state.places.take(in: call.traits.lane, for: call.owner)
    state.running[ObjectIdentifier(call)] = call
    call.start { [self] in ended(call) }
  }

  private func ended(_ call: Call) {
    let idle = state.withLock { state in
      state.places.free(in: call.traits.lane, for: call.owner)
      state.running[ObjectIdentifier(call)] = nil
      while let next = Self.next(&state) { start(next, &state) }
      return state.running.isEmpty ? state.idle.take() : nil
    }
    idle?()
  }

  /// Takes the call that is to run next, if there is room for one. The lanes take turns.
  private static func next(_ state: inout State) -> Call? {
    for index in state.queues.indices {
      let places = state.places
      let lane = state.queues[index].lane
      if let call = state.queues[index].calls.popFirst(where: { places.hasRoom(in: lane, for: $0) })
      {
        state.queues.append(state.queues.remove(at: index))
        return call
      }
    }
    return nil
  }
}

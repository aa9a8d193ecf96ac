import Foundation
import NIOCore
import Synchronization

/// One client: what it has asked and not been answered.
final class Connection: Sendable {
  private struct State {
    var calls: [ObjectIdentifier: Call] = [:]
    var isClosed = false
  }

  /// A number that no other connection of the server has.
  let serial: Int
  /// Where the client is reached.
  let channel: any Channel
  /// Who the client is.
  let peer: Peer
  /// The server's part that all connections share.
  let core: ServerCore
  private let state = Mutex(State())

  /// Makes a connection on which nothing was asked.
  init(_ serial: Int, _ channel: any Channel, _ peer: Peer, _ core: ServerCore) {
    self.serial = serial
    self.channel = channel
    self.peer = peer
    self.core = core
  }

  /// Takes the text of a request and sees to its answer, from any thread. O(bytes).
  ///
  /// - Parameters:
  ///   - share: what the text holds of the server's memory.
  ///   - reply: gets the answer, once, unless the request is a notification.
  ///   - notify: gets the notifications that the request causes, as lines.
  ///   - ended: is called once, when nothing is done for the request any more.
  func take(
    _ body: Data, _ share: MemoryBudget.Share, reply: @escaping @Sendable (Answer) -> Void,
    notify: @escaping @Sendable (Data) async -> Void,
    ended: @escaping @Sendable () -> Void
  ) {
    let envelope: Envelope
    do throws(Envelope.Refusal) {
      envelope = try Envelope(body, depthLimit: core.limits.depth)
    } catch {
      reply(Answer(id: error.id, outcome: .failure(error.error)))
      return ended()
    }
    if envelope.method == "cancel" {
      let outcome = cancel(envelope.target)
      if let id = envelope.id { reply(Answer(id: id, outcome: outcome)) }
      return ended()
    }
    let request = RPCRequest(
      id: envelope.id ?? .null, isNotification: envelope.id == nil, method: envelope.method,
      body: body, peer: peer, deadline: envelope.patience.map { .now.advanced(by: $0) })
    let call = Call(
      request, share, of: serial, service: core.service, reply: reply, notify: notify
    ) { call in
      _ = self.state.withLock { $0.calls.removeValue(forKey: ObjectIdentifier(call)) }
      ended()
    }
    begin(call, patience: envelope.patience)
  }

  /// Ends what the client asked for, for nobody is there to read it; but not what must finish.
  func close() {
    core.disconnect(self)
    let calls = state.withLock { state in
      state.isClosed = true
      return Array(state.calls.values)
    }
    let useless = calls.filter { !$0.traits.finishesAfterDisconnect }
    // Those that wait go first: the end of a running one would start them.
    let running = useless.filter { call in
      let isWaiting = core.scheduler.withdraw(call)
      if isWaiting { call.end() }
      return !isWaiting
    }
    for call in running { call.cancelWork() }
  }

  private func begin(_ call: Call, patience: Duration?) {
    let isClosed = state.withLock { state in
      state.calls[ObjectIdentifier(call)] = call
      return state.isClosed
    }
    if isClosed, !call.traits.finishesAfterDisconnect { return refuse(call, .canceled) }
    if let patience, patience <= .zero { return refuse(call, .deadlineExceeded) }
    do throws(RPCError) {
      try call.share.grow(to: call.request.body.count)
      try core.scheduler.submit(call)
    } catch {
      return refuse(call, error)
    }
    guard let patience else { return }
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { [weak call] in
      guard let call else { return }
      call.answer(.failure(.deadlineExceeded))
      if self.core.scheduler.withdraw(call) { call.end() } else { call.cancelWork() }
    }
    call.keep(timer)
  }

  private func refuse(_ call: Call, _ error: RPCError) {
    call.answer(.failure(error))
    call.end()
  }

  private func cancel(_ target: RequestID?) -> Result<Data, RPCError> {
    guard let target else {
      return .failure(
        .invalidParams("cancel needs the id of a request in its params.", field: "id"))
    }
    let matching = state.withLock { state in
      state.calls.values.filter { !$0.request.isNotification && $0.request.id == target }
    }
    for call in matching {
      if core.scheduler.withdraw(call) { refuse(call, .canceled) } else { call.cancelWork() }
    }
    return .success(Data("{\"canceled\":\(!matching.isEmpty)}".utf8))
  }
}

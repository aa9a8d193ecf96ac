import NIOCore
import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
  /// What answers requests.
  let service: any RPCService
  /// What is taken from clients.
  let limits: ServerLimits
  /// What decides which requests run.
  let scheduler: Scheduler
  /// What the requests may hold in memory.
  let budget: MemoryBudget
  private let connections = Mutex<(next: Int, open: [Int: Connection])>((0, [:]))

  /// Makes the core of a server that has no connections yet.
  init(_ service: any RPCService, _ limits: ServerLimits) {
    self.service = service
    self.limits = limits
    scheduler = Scheduler(limits)
    budget = MemoryBudget(limits)
  }

  /// Makes a connection for a channel; nil where there are as many as the limits allow.
  func connect(_ channel: any Channel, _ peer: Peer) -> Connection? {
    connections.withLock { connections in
      guard connections.open.count < limits.connections else { return nil }
      connections.next += 1
      let connection = Connection(connections.next, channel, peer, self)
      connections.open[connection.serial] = connection
      return connection
    }
  }

  /// Forgets a connection.
  func disconnect(_ connection: Connection) {
    _ = connections.withLock { $0.open.removeValue(forKey: connection.serial) }
  }

  /// The connections that are open.
  var open: [Connection] { connections.withLock { Array($0.open.values) } }
}

extension ServerCore {
  /// Sets up the handlers of a new channel.
  func accept(_ channel: any Channel, _ peer: Peer) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(WriteWatch(limits))
    guard service.admits(peer) else {
      return try pipeline.addHandler(RefusalHandler(.peerRefused(peer), limits))
    }
    guard let connection = connect(channel, peer) else {
      let error = RPCError.busy("Too many clients are connected.")
      return try pipeline.addHandler(RefusalHandler(error, limits))
    }
    channel.closeFuture.whenComplete { _ in connection.close() }
    try pipeline.addHandler(ProtocolDetector(connection))
  }
}

extension Scheduler {
  /// Waits until nothing runs, but no longer than a time. Canceling the task changes nothing.
  func isIdle(within time: Duration, on loop: any EventLoop) async -> Bool {
    let promise = loop.makePromise(of: Bool.self)
    let timer = loop.scheduleTask(in: TimeAmount(time)) { promise.succeed(false) }
    whenIdle { loop.execute { promise.succeed(true) } }
    let isIdle = (try? await promise.futureResult.get()) ?? false
    timer.cancel()
    return isIdle
  }
}

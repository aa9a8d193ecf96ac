import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A server of JSON-RPC 2.0 on a Unix socket: an object a line, or HTTP/1.1.
///
/// One thread moves bytes; requests run as tasks elsewhere.
package final class SocketServer: Sendable {
  private struct Running {
    let place: SocketPlace
    let group: MultiThreadedEventLoopGroup
    let listener: any Channel
    let core: ServerCore
  }

  private enum Phase {
    case new, starting
    case running(Running)
    case stopped
  }

  /// The backlog of connections that wait to be accepted; the system takes the less of this and
  /// its own limit.
  private static let backlog: Int32 = 4_096

  private let path: String
  private let group: UInt32?
  private let service: any RPCService
  private let limits: ServerLimits
  private let phase = Mutex(Phase.new)

  /// Makes a server, which listens once it is started.
  ///
  /// - Parameters:
  ///   - path: the socket; its folder is made 0750 where it is missing.
  ///   - group: the group whose members may connect, beside the user; nil for the process's own.
  package init(
    path: String, group: UInt32? = nil, service: any RPCService,
    limits: ServerLimits = ServerLimits()
  ) {
    self.path = path
    self.group = group
    self.service = service
    self.limits = limits
  }

  /// Listens from now on. A server starts once.
  ///
  /// - Throws: `ServerError`, and leaves what lies at the path alone.
  package func start() async throws(ServerError) {
    let isNew = phase.withLock { phase in
      guard case .new = phase else { return false }
      phase = .starting
      return true
    }
    guard isNew else {
      throw ServerError(
        .alreadyStarted, "The server at \(path) was started before. Make another one.")
    }
    do throws(ServerError) {
      let running = try await open()
      phase.withLock { $0 = .running(running) }
    } catch {
      phase.withLock { $0 = .stopped }
      throw error
    }
  }

  /// Starts, and serves until the task is canceled or the server stopped.
  ///
  /// - Throws: What ``start()`` throws.
  package func run() async throws(ServerError) {
    try await start()
    let listener = phase.withLock { phase -> (any Channel)? in
      if case .running(let running) = phase { running.listener } else { nil }
    }
    guard let listener else { return }
    await withTaskCancellationHandler {
      // It fails only where the listener cannot be closed in order, which is an end as well.
      try? await listener.closeFuture.get()
    } onCancel: {
      listener.close(promise: nil)
    }
    await stop()
  }

  /// Stops: takes no more connections and requests, lets the running ones end for a few seconds
  /// and then cancels them, closes all connections, and removes the socket file if it is still
  /// the server's own. Does nothing where the server does not run.
  package func stop() async {
    let running = phase.withLock { phase -> Running? in
      guard case .running(let running) = phase else { return nil }
      phase = .stopped
      return running
    }
    guard let running else { return }
    running.place.remove()
    running.listener.close(promise: nil)
    running.core.scheduler.close()
    let loop = running.listener.eventLoop
    if await !running.core.scheduler.isIdle(within: limits.grace, on: loop) {
      for call in running.core.scheduler.running { call.cancelWork() }
      _ = await running.core.scheduler.isIdle(within: .seconds(1), on: loop)
    }
    let open = running.core.open
    for connection in open {
      connection.channel.closeAfterWrites(within: .seconds(1))
      // A client that reads a little now and then must not hold up the end.
      loop.scheduleTask(in: .seconds(2)) { connection.channel.close(promise: nil) }
    }
    let closed = open.map(\.channel.closeFuture)
    try? await EventLoopFuture.andAllComplete(closed, on: loop).get()
    // Only an event loop that runs already could refuse to end, and this one is not.
    try? await running.group.shutdownGracefully()
  }

  /// How many bytes the requests of more than 64 KiB hold now that have begun to arrive and not
  /// ended.
  package var heldBytes: Int {
    phase.withLock { phase in
      if case .running(let running) = phase { running.core.budget.heldBytes } else { 0 }
    }
  }

  private func open() async throws(ServerError) -> Running {
    let place = try SocketPlace(path, group: group)
    let descriptor = try place.bind()
    var limits = limits
    limits.connections = OpenFiles.makeRoom(for: limits.connections)
    let core = ServerCore(service, limits)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      let listener = try await ServerBootstrap(group: group)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        // What is read at once is kept even when no more is wanted.
        .childChannelOption(.maxMessagesPerRead, value: 1)
        .childChannelOption(
          .writeBufferWaterMark,
          value: .init(low: max(1, limits.unreadBytes / 2), high: max(1, limits.unreadBytes))
        )
        .childChannelInitializer { channel in
          Peer.of(channel).flatMapThrowing { try core.accept(channel, $0) }
        }
        .withBoundSocket(descriptor).get()
      // The channel's own backlog is too short for many clients that come at once.
      listen(descriptor, Self.backlog)
      try place.publish()
      return Running(place: place, group: group, listener: listener, core: core)
    } catch {
      // The group closes what it took over.
      try? await group.shutdownGracefully()
      throw error as? ServerError
        ?? ServerError(.socketFailed, "Cannot listen at \(path): \(error).")
    }
  }
}

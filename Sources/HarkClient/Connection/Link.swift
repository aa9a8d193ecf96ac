import NIOCore
import NIOPosix
import Synchronization

/// The way to a server: the connection that is open, or a new one where it has ended.
final class Link: Sendable {
  private enum State {
    case idle
    /// Those that come meanwhile wait for the same connection.
    case connecting(EventLoopFuture<Connection>)
    case open(Connection)
    case closed
  }

  /// What a call does to get a connection.
  private enum Step {
    case take(Connection)
    case wait(EventLoopFuture<Connection>)
    case connect(EventLoopPromise<Connection>)
    case giveUp
  }

  /// The path of the socket.
  let path: String
  private let limits: Connection.Limits
  private let loop: any EventLoop
  private let state = Mutex(State.idle)

  /// Makes the way to a socket; nothing is connected yet.
  init(_ path: String, limits: Connection.Limits = Connection.Limits()) {
    self.path = path
    self.limits = limits
    loop = MultiThreadedEventLoopGroup.singleton.next()
  }

  deinit {
    if case .open(let connection) = state.withLock({ $0 }) { connection.abandon() }
  }

  /// Sends a request over the connection and waits for its answer.
  func exchange(_ request: Request, until deadline: NIODeadline?) async -> CallEnd {
    do throws(HarkClientError) {
      return await (try connection()).exchange(request, until: deadline)
    } catch {
      return .failed(error, wasSent: false)
    }
  }

  /// The connection, which is made where there is none.
  ///
  /// - Throws: `connection-failed`, `client-closed`.
  func connection() async throws(HarkClientError) -> Connection {
    let future: EventLoopFuture<Connection>
    switch nextStep() {
    case .take(let connection): return connection
    case .giveUp: throw .closed
    case .wait(let other): future = other
    case .connect(let promise):
      connect(promise)
      future = promise.futureResult
    }
    do {
      return try await future.get()
    } catch {
      throw error as? HarkClientError ?? .unreachable(path, "\(error)")
    }
  }

  /// Ends the connection and all calls on it. No other one is made.
  func close() async {
    let former = state.withLock { state in
      defer { state = .closed }
      return state
    }
    switch former {
    case .open(let connection): await connection.end(.closed)
    // Whoever connects finds out, and fails.
    case .connecting(let future): _ = try? await future.get()
    case .idle, .closed: break
    }
  }

  /// How many calls have no answer yet.
  func openCalls() async throws -> Int {
    guard case .open(let connection) = state.withLock({ $0 }) else { return 0 }
    return try await connection.openCalls()
  }

  private func nextStep() -> Step {
    state.withLock { state in
      switch state {
      case .open(let connection) where connection.isOpen: return .take(connection)
      case .connecting(let future): return .wait(future)
      case .closed: return .giveUp
      case .idle, .open:
        let promise = loop.makePromise(of: Connection.self)
        state = .connecting(promise.futureResult)
        return .connect(promise)
      }
    }
  }

  private func connect(_ promise: EventLoopPromise<Connection>) {
    let attempt: EventLoopFuture<Connection>
    do throws(HarkClientError) {
      let address = try UnixAddress.socketAddress(path)
      attempt = Connection.open(address, path: path, limits: limits, on: loop)
    } catch {
      attempt = loop.makeFailedFuture(error)
    }
    attempt.whenComplete { [self] result in
      let connection = try? result.get()
      let isWanted = state.withLock { state in
        guard case .connecting = state else { return false }
        state = connection.map(State.open) ?? .idle
        return true
      }
      if !isWanted {
        connection?.abandon()
        promise.fail(HarkClientError.closed)
      } else {
        promise.completeWith(result)
      }
    }
  }
}

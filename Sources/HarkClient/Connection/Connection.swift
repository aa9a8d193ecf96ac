import Foundation
import NIOCore
import NIOPosix

/// One connection to the server, on which many calls are under way at once.
final class Connection: Sendable {
  /// Limits of a connection.
  struct Limits {
    /// How many calls are under way at once; more wait. The server stops reading at 64, so one less
    /// leaves room for a `cancel`.
    var calls = 63
    /// How many bytes a line of the server may have.
    var lineBytes = 64 << 20
    /// How much longer than the server a call waits for the end of its time: the server's own
    /// answer says more.
    var grace = Duration.milliseconds(500)
  }

  private let channel: any Channel
  private let handler: NIOLoopBound<CallHandler>

  private init(_ channel: any Channel, _ handler: NIOLoopBound<CallHandler>) {
    self.channel = channel
    self.handler = handler
  }

  /// Connects to a socket.
  static func open(
    _ address: SocketAddress, path: String, limits: Limits, on loop: any EventLoop
  ) -> EventLoopFuture<Connection> {
    // A connection that the server has ended already keeps no handlers, but its handler knows why.
    let handler = NIOLoopBoundBox<CallHandler?>.makeEmptyBox(eventLoop: loop)
    return ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let new = CallHandler(path: path, limits: limits)
          handler.value = new
          try channel.pipeline.syncOperations.addHandler(new)
        }
      }
      .connect(to: address)
      .flatMapThrowing { channel in
        guard let handler = handler.value else { throw HarkClientError.lost(path) }
        return Connection(channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
      }
  }

  /// Whether the connection has not ended, as far as is known.
  var isOpen: Bool { channel.isActive }

  /// Sends a request and waits for its answer.
  ///
  /// Where the task is canceled, or `deadline` and a little more have passed, the wait is over and
  /// the server is told to end the work.
  func exchange(_ request: Request, until deadline: NIODeadline?) async -> CallEnd {
    let loop = channel.eventLoop
    let handler = handler
    let stage = NIOLoopBoundBox<CallStage>.makeBoxSendingValue(.new, eventLoop: loop)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute {
          handler.value.begin(request, until: deadline, stage, continuation)
        }
      }
    } onCancel: {
      loop.execute { handler.value.cancel(stage) }
    }
  }

  /// Ends all calls with an error, and the connection.
  func end(_ error: HarkClientError) async {
    let handler = handler
    channel.eventLoop.execute { handler.value.end(error) }
    // A channel that does not close in order is closed all the same.
    try? await channel.closeFuture.get()
  }

  /// How many calls have no answer yet.
  func openCalls() async throws -> Int {
    let handler = handler
    return try await channel.eventLoop.submit { handler.value.openCalls }.get()
  }

  /// Closes a connection that nobody will use again.
  func abandon() { channel.close(promise: nil) }
}

/// How a call on a connection ended.
enum CallEnd: Sendable {
  /// The server answered with this line.
  case answered(Data)
  /// There will be no answer; the request may have been sent, or was not.
  case failed(HarkClientError, wasSent: Bool)
}

/// Where a call stands, for its cancellation.
enum CallStage: Sendable {
  case new
  case begun(Int)
  case canceled
}

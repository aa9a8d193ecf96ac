import NIOCore

/// Asks a channel to tell when more may be written: at once, or when the client has read enough.
struct AwaitWritable: Sendable {}

/// Watches how a client reads: cuts it off when it stops, and lets writers wait for it.
///
/// A channel is writable while no more than `unreadBytes` wait.
final class WriteWatch: ChannelInboundHandler, ChannelOutboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  /// Large answers are written in pieces, so that each piece that leaves shows that the client
  /// reads.
  private static let pieceBytes = 64 << 10

  private let stall: TimeAmount
  private var lastProgress = NIODeadline.now()
  private var timer: Scheduled<Void>?
  private var waiting: [EventLoopPromise<Void>] = []

  /// Makes a watch for one channel.
  init(_ limits: ServerLimits) { stall = TimeAmount(limits.stall) }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .byteBuffer(var buffer) = unwrapOutboundIn(data) else {
      return context.write(data, promise: promise)
    }
    while buffer.readableBytes > Self.pieceBytes,
      let piece = buffer.readSlice(length: Self.pieceBytes)
    {
      context.write(wrapOutboundOut(.byteBuffer(piece)), promise: progress(context, nil))
    }
    context.write(wrapOutboundOut(.byteBuffer(buffer)), promise: progress(context, promise))
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is AwaitWritable else {
      return context.triggerUserOutboundEvent(event, promise: promise)
    }
    if context.channel.isWritable || !context.channel.isActive {
      promise?.succeed()
    } else if let promise {
      waiting.append(promise)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      timer?.cancel()
      timer = nil
      release()
    } else {
      lastProgress = .now()
      watch(context)
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
    release()
    context.fireChannelInactive()
  }

  private func progress(
    _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) -> EventLoopPromise<Void> {
    let promise = promise ?? context.eventLoop.makePromise()
    promise.futureResult.assumeIsolated().whenSuccess { self.lastProgress = .now() }
    return promise
  }

  private func watch(_ context: ChannelHandlerContext) {
    let channel = context.channel
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: lastProgress + stall) {
      if NIODeadline.now() - self.lastProgress >= self.stall {
        channel.close(promise: nil)
      } else {
        self.watch(context)
      }
    }
  }

  private func release() {
    for promise in waiting { promise.succeed() }
    waiting.removeAll()
  }
}

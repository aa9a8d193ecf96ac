import NIOCore

/// Asks a channel to tell when more may be written: at once, or when the client has read enough.
struct AwaitWritable: Sendable {}

/// Closes a channel when all is written, or when the client reads nothing of it for a time.
struct CloseAfterWrites: Sendable {
  /// The time for which the client may read nothing.
  let time: TimeAmount
  /// Whether the client may send to its end before: one that is still sending could not read the
  /// answer otherwise. What it sends is for other handlers to drop.
  let lingers: Bool
}

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
  /// Whether the channel closes when all is written: the client is timed until then.
  private var isClosing = false
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
    switch event {
    case is AwaitWritable: awaitWritable(context, promise)
    case let event as CloseAfterWrites: close(context, event, promise)
    default: context.triggerUserOutboundEvent(event, promise: promise)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      if !isClosing { timer?.cancel() }
      release()
    } else if !isClosing {
      lastProgress = .now()
      watch(context, for: stall)
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    release()
    context.fireChannelInactive()
  }

  private func awaitWritable(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
    if context.channel.isWritable || !context.channel.isActive {
      promise?.succeed()
    } else if let promise {
      waiting.append(promise)
    }
  }

  private func close(
    _ context: ChannelHandlerContext, _ event: CloseAfterWrites, _ promise: EventLoopPromise<Void>?
  ) {
    let channel = context.channel
    isClosing = true
    lastProgress = .now()
    watch(context, for: event.time)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { _ in
      // The channel closes altogether once the client has finished sending too.
      channel.close(mode: event.lingers ? .output : .all, promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: written)
    promise?.succeed()
  }

  private func progress(
    _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) -> EventLoopPromise<Void> {
    let promise = promise ?? context.eventLoop.makePromise()
    promise.futureResult.assumeIsolated().whenSuccess { self.lastProgress = .now() }
    return promise
  }

  private func watch(_ context: ChannelHandlerContext, for time: TimeAmount) {
    let channel = context.channel
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: lastProgress + time) {
      if NIODeadline.now() - self.lastProgress >= time {
        channel.close(promise: nil)
      } else {
        self.watch(context, for: time)
      }
    }
  }

  private func release() {
    for promise in waiting { promise.succeed() }
    waiting.removeAll()
  }
}

import NIOCore

/// Closes an HTTP connection whose request does not become complete in time.
final class ArrivalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let time: TimeAmount
  private var clock: Scheduled<Void>?
  /// Whether a complete request is being answered: the next one may take its time meanwhile.
  private var isAnswering = false

  /// Makes a handler that stands before the decoder.
  init(_ limits: ServerLimits) { time = TimeAmount(limits.arrival) }

  /// Stops the clock until the request is answered and more bytes come.
  func requestIsComplete() {
    stop()
    isAnswering = true
  }

  /// Lets the clock run again when more bytes come.
  func requestIsAnswered() { isAnswering = false }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if clock == nil, !isAnswering {
      let channel = context.channel
      clock = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  private func stop() {
    clock?.cancel()
    clock = nil
  }
}

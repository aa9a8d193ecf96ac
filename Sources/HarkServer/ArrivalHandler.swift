import NIOCore

/// Closes an HTTP connection whose request does not become complete in time.
final class ArrivalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let time: TimeAmount
  private var clock: Scheduled<Void>?
  /// Whether a complete request is being answered: the next one may take its time meanwhile.
  private var isAnswering = false
  private var context: ChannelHandlerContext?

  /// Makes a handler that stands before the decoder.
  init(_ limits: ServerLimits) { time = TimeAmount(limits.arrival) }

  /// Lets the clock run for a request whose first bytes came while the one before was answered.
  func requestHasBegun() {
    guard let context else { return }
    start(context)
  }

  /// Stops the clock until the request is answered and more bytes come.
  func requestIsComplete() {
    stop()
    isAnswering = true
  }

  /// Lets the clock run again when more bytes come.
  func requestIsAnswered() { isAnswering = false }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isAnswering { start(context) }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  private func start(_ context: ChannelHandlerContext) {
    guard clock == nil else { return }
    let channel = context.channel
    clock = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  private func stop() {
    clock?.cancel()
    clock = nil
  }
}

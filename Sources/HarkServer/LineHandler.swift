import Foundation
import NIOCore

/// JSON-RPC with one object a line: cuts lines, hands them to the connection, writes the answers,
/// and reads no more while as many requests are under way as the limits allow.
final class LineHandler: ChannelInboundHandler, ChannelOutboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer

  private let connection: Connection
  private let limits: ServerLimits
  private var framer: LineFramer
  /// What the line that has begun holds of the server's memory.
  private var share: MemoryBudget.Share
  private var inFlight = 0
  /// Whether a long line is being checked: the lines after it must wait.
  private var isChecking = false
  private var isInputClosed = false
  private var isClosing = false
  /// Whether the channel asked for more to read while nothing more was wanted.
  private var hasHeldRead = false
  private var clock: Scheduled<Void>?
  private var context: ChannelHandlerContext?

  /// Makes a handler for a connection.
  init(_ connection: Connection) {
    self.connection = connection
    limits = connection.core.limits
    framer = LineFramer(limit: limits.lineBytes)
    share = MemoryBudget.Share(of: connection.core.budget)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    clock?.cancel()
    dropLine()
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    var bytes = unwrapInboundIn(data)
    framer.append(&bytes)
    proceed()
  }

  func read(context: ChannelHandlerContext) {
    if wantsMore, context.channel.isWritable { context.read() } else { hasHeldRead = true }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    proceed()
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      isInputClosed = true
      proceed()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private var wantsMore: Bool { inFlight < limits.requestsPerConnection && !isChecking }

  /// Takes as many lines as the limits allow, then sees to reading, timing and the end.
  private func proceed() {
    guard let context, !isClosing else { return }
    var isExhausted = false
    while wantsMore, !isExhausted {
      if let frame = framer.next() ?? (isInputClosed ? framer.rest() : nil) {
        take(frame)
      } else {
        isExhausted = true
      }
    }
    if isExhausted { keepLine() }
    time(isWaiting: isExhausted && framer.isInsideLine && !isInputClosed)
    if isInputClosed, isExhausted, inFlight == 0 { return finish() }
    if hasHeldRead, wantsMore, context.channel.isWritable {
      hasHeldRead = false
      context.read()
    }
  }

  private func take(_ frame: LineFramer.Frame) {
    let share = share
    self.share = MemoryBudget.Share(of: connection.core.budget)
    guard case .line(let line) = frame else {
      return connection.channel.writeLine(.tooLarge(limits.lineBytes))
    }
    inFlight += 1
    let body = Data(line.readableBytesView)
    let loop = connection.channel.eventLoop
    let handler = NIOLoopBound(self, eventLoop: loop)
    let submit: @Sendable () -> Void = { [connection] in
      connection.takeLine(body, share) {
        loop.execute {
          handler.value.inFlight -= 1
          handler.value.proceed()
        }
      }
    }
    guard body.count > MemoryBudget.shortBytes else { return submit() }
    // On a thread of its own, for others wait for this one.
    isChecking = true
    Task.detached {
      submit()
      loop.execute {
        handler.value.isChecking = false
        handler.value.proceed()
      }
    }
  }

  /// Makes room for what is there of a line that has not ended, or drops the line.
  private func keepLine() {
    do throws(RPCError) {
      try share.grow(to: framer.keptBytes)
    } catch {
      dropLine()
      connection.channel.writeLine(error)
    }
  }

  private func dropLine() {
    framer.discardLine()
    share = MemoryBudget.Share(of: connection.core.budget)
  }

  /// Lets the clock run while the rest of a line is awaited.
  private func time(isWaiting: Bool) {
    guard isWaiting else {
      clock?.cancel()
      clock = nil
      return
    }
    guard clock == nil, let context else { return }
    let loop = context.eventLoop.assumeIsolated()
    clock = loop.scheduleTask(in: TimeAmount(limits.arrival)) {
      self.connection.channel.writeLine(.tooSlow)
      self.finish()
    }
  }

  private func finish() {
    isClosing = true
    dropLine()
    connection.channel.closeAfterWrites(within: limits.stall)
  }
}

extension Connection {
  /// Takes the line of a request; its answer and its notifications are lines as well.
  fileprivate func takeLine(
    _ body: Data, _ share: MemoryBudget.Share, ended: @escaping @Sendable () -> Void
  ) {
    take(
      body, share, reply: { self.channel.writeLine($0.json) },
      notify: { line in
        self.channel.writeLine(line)
        // A client that is gone is no error of the work: that gets canceled.
        try? await self.channel.triggerUserOutboundEvent(AwaitWritable()).get()
      }, ended: ended)
  }
}

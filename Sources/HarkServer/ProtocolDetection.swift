import NIOCore
import NIOHTTP1

/// Tells by the first byte of a connection what its client speaks, and sets up the handlers.
final class ProtocolDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let connection: Connection

  /// Makes a detector for a connection that has brought no bytes yet.
  init(_ connection: Connection) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let first = unwrapInboundIn(data).readableBytesView.first else { return }
    let pipeline = context.pipeline.syncOperations
    do {
      switch first {
      // A bracket begins a batch, which deserves the error that JSON-RPC has for it.
      case UInt8(ascii: "{"), UInt8(ascii: "["), 0x09, 0x0A, 0x0D, 0x20:
        try pipeline.addHandler(LineHandler(connection))
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        let arrival = ArrivalHandler(connection.core.limits)
        try pipeline.addHandlers([
          arrival, HTTPResponseEncoder(),
          ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: HTTPRequest.headerLimits)),
          HTTPServerPipelineHandler(), HTTPHandler(connection, arrival),
        ])
      default:
        return refuse(context)
      }
    } catch {
      return context.close(promise: nil)
    }
    context.fireChannelRead(data)
    pipeline.removeHandler(context: context, promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func refuse(_ context: ChannelHandlerContext) {
    context.channel.writeLine(
      .parseError("A connection begins with a JSON object or an HTTP request."))
    context.channel.closeAfterWrites(within: connection.core.limits.stall)
  }
}

/// Tells a client why it is not served, and closes.
final class RefusalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let error: RPCError
  private let stall: Duration

  /// Makes a handler that sends one error.
  init(_ error: RPCError, _ limits: ServerLimits) {
    self.error = error
    stall = limits.stall
  }

  func channelActive(context: ChannelHandlerContext) {
    context.channel.writeLine(error)
    context.channel.closeAfterWrites(within: stall)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

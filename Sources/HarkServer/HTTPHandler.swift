import Foundation
import NIOCore
import NIOHTTP1

/// HTTP/1.1 on the socket: `POST /v1/rpc`, `GET /healthz` and `GET /metrics`.
///
/// The pipeline brings one request at a time, so answers leave in the order of the requests.
/// Notifications to the client have no place in HTTP and are dropped.
final class HTTPHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let connection: Connection
  private let arrival: ArrivalHandler
  private var request: HTTPRequestHead?
  private var body = ByteBuffer()
  /// What the body holds of the server's memory.
  private var share: MemoryBudget.Share
  private var isAnswering = false
  private var isInputClosed = false
  /// Whether the last answer of the connection is given: what still comes is dropped.
  private var isClosing = false
  private var context: ChannelHandlerContext?

  /// Makes a handler; `arrival` is told when a request is complete.
  init(_ connection: Connection, _ arrival: ArrivalHandler) {
    self.connection = connection
    self.arrival = arrival
    share = MemoryBudget.Share(of: connection.core.budget)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    dropBody()
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, context)
    case .body(var part):
      if makeRoom(for: body.readableBytes + part.readableBytes) { body.writeBuffer(&part) }
    case .end:
      arrival.requestIsComplete()
      guard let request else { return }
      let (body, share) = (Data(self.body.readableBytesView), share)
      dropBody()
      answer(request, body, share)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // It comes after all requests, and maybe before the answer to the last one.
    if event as? ChannelEvent == .inputClosed {
      isInputClosed = true
    }
    if isInputClosed, !isAnswering { close() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    request = head
    arrival.requestHasBegun()
    let length = head.headers.first(name: "Content-Length").flatMap(Int.init) ?? 0
    guard makeRoom(for: length) else { return }
    // curl waits for this before it sends a body of more than a megabyte.
    if head.headers[canonicalForm: "Expect"].contains(where: { $0.lowercased() == "100-continue" })
    {
      let proceed = HTTPResponseHead(version: head.version, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(proceed)), promise: nil)
    }
  }

  /// Whether a body of a size may be kept; else the request is answered at once.
  private func makeRoom(for size: Int) -> Bool {
    do throws(RPCError) {
      let limit = connection.core.limits.lineBytes
      guard size <= limit else { throw .tooLarge(limit) }
      try share.grow(to: size)
      return true
    } catch {
      dropBody()
      isClosing = true
      send(HTTPReply(Answer(id: .null, outcome: .failure(error))), keepAlive: false)
      return false
    }
  }

  private func dropBody() {
    body = ByteBuffer()
    share = MemoryBudget.Share(of: connection.core.budget)
  }

  private func answer(_ request: HTTPRequestHead, _ body: Data, _ share: MemoryBudget.Share) {
    isAnswering = true
    let path = request.uri.prefix { $0 != "?" }
    let handler = NIOLoopBound(self, eventLoop: connection.channel.eventLoop)
    let keepAlive = request.isKeepAlive
    let finish: @Sendable (HTTPReply) -> Void = { [loop = connection.channel.eventLoop] reply in
      loop.execute { handler.value.send(reply, keepAlive: keepAlive) }
    }
    switch (request.method, path) {
    case (.POST, "/v1/rpc"):
      // Off this thread, for a body may be long.
      Task.detached { [connection] in connection.takeBody(body, share, finish) }
    case (.GET, "/healthz"):
      Task.detached { [service = connection.core.service] in
        finish(HTTPReply(.ok, await service.health()))
      }
    case (.GET, "/metrics"):
      Task.detached { [service = connection.core.service] in
        finish(HTTPReply(.ok, Data(await service.metrics().utf8), type: HTTPReply.prometheus))
      }
    case (_, "/v1/rpc"): send(.notAllowed("POST"), keepAlive: keepAlive)
    case (_, "/healthz"), (_, "/metrics"): send(.notAllowed("GET"), keepAlive: keepAlive)
    default: send(.notFound, keepAlive: keepAlive)
    }
  }

  private func send(_ reply: HTTPReply, keepAlive: Bool) {
    guard let context, let request else { return }
    let keepAlive = keepAlive && !isInputClosed
    var head = HTTPResponseHead(
      version: request.version, status: reply.status, headers: reply.headers)
    head.headers.add(name: "Connection", value: keepAlive ? "keep-alive" : "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    // An answer to HEAD has the headers alone; the length still tells of the body.
    if request.method != .HEAD, !reply.body.isEmpty {
      let body = ByteBuffer(bytes: reply.body)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    context.flush()
    // The end lets the next request in: it waits for a client that reads slowly.
    let isWritable = context.eventLoop.makePromise(of: Void.self)
    context.triggerUserOutboundEvent(AwaitWritable(), promise: isWritable)
    isWritable.futureResult.assumeIsolated().whenComplete { _ in self.end(keepAlive: keepAlive) }
  }

  private func end(keepAlive: Bool) {
    isAnswering = false
    arrival.requestIsAnswered()
    context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    if !keepAlive || isInputClosed { close() }
  }

  private func close() {
    isClosing = true
    dropBody()
    connection.channel.closeAfterWrites(within: connection.core.limits.stall)
  }
}

extension Connection {
  /// Takes the body of a request over HTTP; `finish` gets what goes back, once.
  fileprivate func takeBody(
    _ body: Data, _ share: MemoryBudget.Share, _ finish: @escaping @Sendable (HTTPReply) -> Void
  ) {
    let once = Once()
    take(
      body, share, reply: { answer in if once.isFirst() { finish(HTTPReply(answer)) } },
      notify: { _ in },
      ended: { if once.isFirst() { finish(HTTPReply(.noContent, Data())) } })
  }
}

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
  private var request: HTTPRequest?
  private var body = ByteBuffer()
  /// What the body holds of the server's memory.
  private var share: MemoryBudget.Share
  private var isAnswering = false
  private var isInputClosed = false
  /// Whether the last answer of the connection was given before its request had come to its end:
  /// what still comes is dropped.
  private var isRefusing = false
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
    guard !isRefusing, !isClosing else { return }
    do throws(HTTPReply) {
      switch unwrapInboundIn(data) {
      case .head(let head): try begin(head, context)
      case .body(var part):
        try makeRoom(for: body.readableBytes + part.readableBytes)
        body.writeBuffer(&part)
      case .end:
        arrival.requestIsComplete()
        guard let request else { return }
        let (body, share) = (Data(self.body.readableBytesView), share)
        dropBody()
        answer(request, body, share)
      }
    } catch {
      refuse(error)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // It comes after all requests, and maybe before the answer to the last one.
    if event as? ChannelEvent == .inputClosed {
      isInputClosed = true
      if !isAnswering { close() }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isRefusing, !isClosing else { return }
    // The pipeline holds back what the decoder says of the next request.
    guard let error = error as? HTTPParserError, !isAnswering else { return close() }
    refuse(.unreadable(error))
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) throws(HTTPReply) {
    arrival.requestHasBegun()
    let request = try HTTPRequest(head)
    self.request = request
    try makeRoom(for: request.announcedBytes)
    // curl waits for this before it sends a body of more than a megabyte.
    if request.expectsContinue {
      let proceed = HTTPResponseHead(version: request.version, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(proceed)), promise: nil)
    }
  }

  private func makeRoom(for size: Int) throws(HTTPReply) {
    do throws(RPCError) {
      let limit = connection.core.limits.lineBytes
      guard size <= limit else { throw .tooLarge(limit) }
      try share.grow(to: size)
    } catch {
      throw HTTPReply(Answer(id: .null, outcome: .failure(error)))
    }
  }

  private func dropBody() {
    body = ByteBuffer()
    share = MemoryBudget.Share(of: connection.core.budget)
  }

  /// Answers at once, and drops the rest of the request.
  private func refuse(_ reply: HTTPReply) {
    isRefusing = true
    dropBody()
    send(reply, keepAlive: false)
  }

  private func answer(_ request: HTTPRequest, _ body: Data, _ share: MemoryBudget.Share) {
    isAnswering = true
    let handler = NIOLoopBound(self, eventLoop: connection.channel.eventLoop)
    let finish: @Sendable (HTTPReply) -> Void = { [loop = connection.channel.eventLoop] reply in
      loop.execute { handler.value.send(reply, keepAlive: request.keepAlive) }
    }
    switch (request.method, request.path) {
    case (.POST, "/v1/rpc"):
      // Off this thread, for a body may be long.
      Task.detached { [connection] in connection.takeBody(body, share, finish) }
    case (.GET, "/healthz"), (.HEAD, "/healthz"):
      Task.detached { [service = connection.core.service] in
        finish(HTTPReply(.ok, await service.health()))
      }
    case (.GET, "/metrics"), (.HEAD, "/metrics"):
      Task.detached { [service = connection.core.service] in
        finish(HTTPReply(.ok, Data(await service.metrics().utf8), type: HTTPReply.prometheus))
      }
    case (_, "/v1/rpc"): send(.notAllowed("POST"), keepAlive: request.keepAlive)
    case (_, "/healthz"), (_, "/metrics"):
      send(.notAllowed("GET, HEAD"), keepAlive: request.keepAlive)
    default: send(.notFound, keepAlive: request.keepAlive)
    }
  }

  private func send(_ reply: HTTPReply, keepAlive: Bool) {
    guard let context else { return }
    let keepAlive = keepAlive && !isInputClosed
    var head = HTTPResponseHead(
      version: request?.version ?? .http1_1, status: reply.status, headers: reply.headers)
    head.headers.add(name: "Connection", value: keepAlive ? "keep-alive" : "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    // An answer to HEAD has the headers alone; the length still tells of the body.
    if request?.method != .HEAD, !reply.body.isEmpty {
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
    // Who is gone gets no more of what was asked before.
    guard let context, context.channel.isActive else { return }
    isAnswering = false
    request = nil
    arrival.requestIsAnswered()
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    if !keepAlive || isInputClosed { close() }
  }

  private func close() {
    guard !isClosing else { return }
    isClosing = true
    dropBody()
    connection.channel.closeAfterWrites(within: connection.core.limits.stall, lingers: isRefusing)
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

import Foundation
import NIOCore

/// The calls of one connection: gives them ids, sends as many as may be under way at once, and
/// takes their answers, in whatever order they come. It belongs to the connection's event loop.
final class CallHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// A call without an answer. One that was given up has nobody who waits for it, but is still
  /// among those that the server works on.
  private struct OpenCall {
    let request: Request
    let deadline: NIODeadline?
    var waiter: CheckedContinuation<CallEnd, Never>?
    var timer: Scheduled<Void>?
  }

  private let path: String
  private let limits: Connection.Limits
  private var splitter: LineSplitter
  private var context: ChannelHandlerContext?
  private var calls: [Int: OpenCall] = [:]
  /// Ids are given in the order of the calls, and sent in the order of the ids.
  private var nextID = 1
  private var nextToSend = 1
  private var underWay = 0
  /// Why no more calls are taken.
  private var end: HarkClientError?

  /// Makes a handler for a connection to the socket at a path.
  init(path: String, limits: Connection.Limits) {
    self.path = path
    self.limits = limits
    splitter = LineSplitter(limit: limits.lineBytes)
  }

  /// How many calls have no answer yet.
  var openCalls: Int { calls.count }

  // MARK: Calls

  /// Takes a call, which is sent when its turn comes.
  ///
  /// - Parameter waiter: is resumed once, whatever happens.
  func begin(
    _ request: Request, until deadline: NIODeadline?, _ stage: NIOLoopBoundBox<CallStage>,
    _ waiter: CheckedContinuation<CallEnd, Never>
  ) {
    if case .canceled = stage.value {
      return waiter.resume(returning: .failed(.callCanceled, wasSent: false))
    }
    guard let context, end == nil else {
      return waiter.resume(returning: .failed(unsent(end ?? .lost(path)), wasSent: false))
    }
    let id = nextID
    nextID += 1
    stage.value = .begun(id)
    var call = OpenCall(request: request, deadline: deadline, waiter: waiter)
    if let deadline {
      let loop = context.eventLoop.assumeIsolated()
      call.timer = loop.scheduleTask(deadline: deadline + TimeAmount(limits.grace)) {
        self.giveUp(id, .timeIsOver)
      }
    }
    calls[id] = call
    send(context)
  }

  /// Ends a call because its task was canceled.
  func cancel(_ stage: NIOLoopBoundBox<CallStage>) {
    if case .begun(let id) = stage.value {
      giveUp(id, .callCanceled)
    } else {
      stage.value = .canceled
    }
  }

  /// Ends all calls, and the connection.
  func end(_ error: HarkClientError) {
    guard end == nil else { return }
    end = error
    // First, so that whoever calls again at once finds the connection closed.
    context?.close(promise: nil)
    let ended = calls
    calls = [:]
    for (id, call) in ended {
      call.timer?.cancel()
      let wasSent = id < nextToSend
      call.waiter?.resume(
        returning: .failed(wasSent ? error : unsent(error), wasSent: wasSent))
    }
  }

  /// What the end of the connection means to a call that was not sent: malformed answers were to
  /// others, and another connection may do.
  private func unsent(_ error: HarkClientError) -> HarkClientError {
    error.code == .answerMalformed ? .lost(path) : error
  }

  private func send(_ context: ChannelHandlerContext) {
    let first = nextToSend
    while underWay < limits.calls, nextToSend < nextID {
      defer { nextToSend += 1 }
      // One that was given up while it waited is gone.
      guard let call = calls[nextToSend] else { continue }
      let milliseconds = call.deadline.map { deadline in
        max(0, (deadline - .now()).nanoseconds / 1_000_000)
      }
      let line = call.request.line(
        id: nextToSend, milliseconds: milliseconds, context.channel.allocator)
      context.write(wrapOutboundOut(line), promise: nil)
      underWay += 1
    }
    if nextToSend > first { context.flush() }
  }

  /// Ends the wait for a call. Where it was sent, the server is told, and its place among those
  /// under way is free when the server has answered.
  private func giveUp(_ id: Int, _ error: HarkClientError) {
    guard let call = calls[id], let waiter = call.waiter else { return }
    call.timer?.cancel()
    let wasSent = id < nextToSend
    if wasSent {
      calls[id]?.waiter = nil
      if let context {
        let line = Request.cancellation(of: id, context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(line), promise: nil)
      }
    } else {
      calls[id] = nil
    }
    waiter.resume(returning: .failed(error, wasSent: wasSent))
  }

  // MARK: Lines

  private func take(_ line: Data) {
    switch LineHead(line) {
    case .answer(let id):
      // Nobody knows an id that was never sent.
      guard id < nextToSend, let call = calls.removeValue(forKey: id) else { return }
      underWay -= 1
      call.timer?.cancel()
      call.waiter?.resume(returning: .answered(line))
      if let context { send(context) }
    case .complaint: complain(line)
    case .notification: tell(line)
    case .foreign: break
    case nil: end(.malformed("The server at \(path) sends what is no JSON-RPC."))
    }
  }

  /// Takes an error that the server ascribes to no request: one of the long calls where it is busy,
  /// and else all of them, for nobody knows which one it means.
  private func complain(_ line: Data) {
    do throws(HarkClientError) {
      _ = try Answer<HarkClient.JSONValue>.value(in: line, of: "no request")
      end(.malformed("The server at \(path) sends an answer without an id."))
    } catch {
      let long = calls.filter { $0.key < nextToSend && $0.value.request.isLong }
      guard error.code == .busy, !long.isEmpty, let context else { return end(error) }
      for (id, call) in long {
        calls[id] = nil
        underWay -= 1
        call.timer?.cancel()
        call.waiter?.resume(returning: .failed(error, wasSent: true))
      }
      send(context)
    }
  }

  private func tell(_ line: Data) {
    guard let progress = try? JSONDecoder().decode(ProgressNotification.self, from: line),
      progress.method == "progress", let call = calls[progress.params.id], call.waiter != nil
    else { return }
    call.request.notify?(progress.params.progress)
  }

  // MARK: The channel

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    end(.lost(path))
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard end == nil else { return }
    var bytes = unwrapInboundIn(data)
    splitter.append(&bytes)
    do throws(LineSplitter.TooLong) {
      while end == nil, let line = try splitter.next() { take(line) }
    } catch {
      end(
        .malformed(
          "The server at \(path) sends a line of more than \(limits.lineBytes) bytes, which the "
            + "client does not take. Ask for less at once."))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.lost(path))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.lost(path)) }
}

/// What the server tells of the way of a task.
private struct ProgressNotification: Decodable {
  struct Params: Decodable {
    private enum CodingKeys: CodingKey { case id }

    let id: Int
    let progress: HarkClient.TaskProgress

    init(from decoder: any Decoder) throws {
      id = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .id)
      progress = try HarkClient.TaskProgress(from: decoder)
    }
  }

  let method: String
  let params: Params
}

import Foundation
import HarkClient
import NIOCore
import NIOPosix
import Synchronization
import TestKit

/// A server that does what a test tells it to, over a real Unix socket.
final class FakeServer: Sendable {
  /// What a test does with each line that comes, on the server's event loop.
  typealias Script = @Sendable (FakeRequest, FakeConnection) -> Void

  /// Threads of their own: what a server does must not hold up clients.
  private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  let path: String
  private let folder: TemporaryFolder
  private let script: Script
  private let state = Mutex(State())

  private struct State {
    var listener: (any Channel)?
    var connections: [FakeConnection] = []
    var requests: [FakeRequest] = []
  }

  /// Starts a server in a folder of its own.
  init(_ script: @escaping Script) async throws {
    folder = try TemporaryFolder()
    path = folder.file("hark.sock")
    self.script = script
    try await start()
  }

  /// A client of the server.
  func client(retries: HarkClient.RetryPolicy = .quick) async throws -> HarkClient {
    try await HarkClient(path, retries: retries)
  }

  /// Ends the server for good.
  func end() {
    state.withLock { state in
      state.listener?.close(promise: nil)
      for connection in state.connections { connection.hangUp() }
    }
  }

  /// All requests so far, in the order of their arrival.
  var requests: [FakeRequest] { state.withLock { $0.requests } }
  /// The connections so far.
  var connections: [FakeConnection] { state.withLock { $0.connections } }

  /// Listens again.
  func start() async throws {
    let listener = try await ServerBootstrap(group: Self.threads)
      .serverChannelOption(.backlog, value: 128)
      .childChannelInitializer { [weak self] channel in
        channel.eventLoop.makeCompletedFuture {
          guard let self else { return }
          let connection = FakeConnection(channel)
          self.state.withLock { $0.connections.append(connection) }
          try channel.pipeline.syncOperations.addHandler(
            LineReader { [weak self] line in self?.take(line, connection) })
        }
      }
      .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
    state.withLock { $0.listener = listener }
  }

  /// Closes all, as the end of a server's process would.
  func stop() async {
    let (listener, connections) = state.withLock { ($0.listener.take(), $0.connections) }
    try? await listener?.close()
    for connection in connections { try? await connection.channel.close() }
  }

  private func take(_ line: String?, _ connection: FakeConnection) {
    guard let line else {
      return script(FakeRequest(id: nil, method: "", line: ""), connection)
    }
    guard let request = try? FakeRequest(line) else { return connection.hangUp() }
    state.withLock { $0.requests.append(request) }
    script(request, connection)
  }
}

extension HarkClient.RetryPolicy {
  /// The usual policy without waiting.
  static let quick = HarkClient.RetryPolicy(firstPause: .milliseconds(1))
}

/// A line that came to a ``FakeServer``; that of a new connection has no method.
struct FakeRequest: Sendable {
  private struct Members: Decodable {
    let id: Int?
    let method: String
    let params: HarkClient.JSONValue
  }

  let id: Int?
  let method: String
  var params: HarkClient.JSONValue = .null
  let line: String

  init(id: Int?, method: String, line: String) {
    self.id = id
    self.method = method
    self.line = line
  }

  init(_ line: String) throws {
    let members = try JSONDecoder().decode(Members.self, from: Data(line.utf8))
    self.init(id: members.id, method: members.method, line: line)
    params = members.params
  }

  /// The number that a parameter is.
  func number(_ name: String) -> Int64? {
    if case .integer(let value) = params[name] { value } else { nil }
  }
}

/// A client as a ``FakeServer`` sees it.
final class FakeConnection: Sendable {
  fileprivate let channel: any Channel

  fileprivate init(_ channel: any Channel) { self.channel = channel }

  /// Whether the client is still there.
  var isOpen: Bool { channel.isActive }

  /// Answers a request with the JSON of a result.
  func answer(_ request: FakeRequest, _ result: String = "true") {
    send(#"{"jsonrpc":"2.0","id":\#(request.id ?? 0),"result":\#(result)}"# + "\n")
  }

  /// Answers a request with the JSON of an error.
  func fail(_ request: FakeRequest, _ error: String) {
    send(#"{"jsonrpc":"2.0","id":\#(request.id ?? 0),"error":\#(error)}"# + "\n")
  }

  /// Sends text as it is.
  func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

  /// Sends bytes as they are.
  func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  /// Closes the connection when all is written.
  func hangUp() { channel.close(promise: nil) }

  /// Does something when all that has come is read.
  func later(_ body: @escaping @Sendable () -> Void) { channel.eventLoop.execute(body) }

  /// Does something later.
  func later(inMilliseconds time: Int64, _ body: @escaping @Sendable () -> Void) {
    channel.eventLoop.scheduleTask(in: .milliseconds(time), body)
  }

  /// Reads no more.
  func stopReading() { channel.setOption(.autoRead, value: false).whenComplete { _ in } }
}

/// Cuts bytes into lines; nil stands for the beginning, when a server may speak first.
private final class LineReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let take: (String?) -> Void
  private var bytes: [UInt8] = []

  init(_ take: @escaping (String?) -> Void) { self.take = take }

  func channelActive(context: ChannelHandlerContext) { take(nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let new = unwrapInboundIn(data)
    var rest = new.readableBytesView
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      bytes += rest[..<end]
      take(String(decoding: bytes, as: UTF8.self))
      bytes = []
      rest = rest[(end + 1)...]
    }
    bytes += rest
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

/// Waits until something is so, for as long as a busy machine may need.
func eventually(_ isSo: () -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if isSo() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return isSo()
}

/// The client's error that a call ends with.
func failure<Value>(_ call: () async throws -> Value) async -> HarkClientError? {
  do {
    _ = try await call()
    return nil
  } catch {
    return error as? HarkClientError
  }
}
